/**
 * Blocking stream sockets, for a process that has no event loop to spare: the launcher sends a line, waits for a line, and execs.
 */
import { closeSync } from 'node:fs';
import { type Tgid, tgidOf } from '../../linux/ids.ts';
import {
  AF_UNIX,
  SO_PASSCRED,
  SO_PEERCRED,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOCKADDR_UN_SIZE,
  SOL_SOCKET,
  SUN_PATH,
} from '../../linux/socket.ts';
import { libcFunction } from '../libc.ts';

/** Without the NUL that ends it. */
const LONGEST_PATH = SOCKADDR_UN_SIZE - SUN_PATH - 1;

const rawSocketpair = libcFunction('socketpair', ['int', 'int', 'int', 'void *']);
const rawSocket = libcFunction('socket', ['int', 'int', 'int']);
const rawConnect = libcFunction('connect', ['int', 'void *', 'uint']);
const rawGetsockopt = libcFunction('getsockopt', ['int', 'int', 'int', 'void *', 'void *']);
const rawSetsockopt = libcFunction('setsockopt', ['int', 'int', 'int', 'void *', 'uint']);

/** Two connected descriptors, close-on-exec; or a negative errno. */
export function socketPair(): readonly [number, number] | number {
  const fds = new Int32Array(2);
  const result = rawSocketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, new Uint8Array(fds.buffer));
  return result < 0 ? result : [fds[0] ?? -1, fds[1] ?? -1];
}

/**
 * @param waits while more are waiting than who listens wanted; otherwise that is EAGAIN, and the descriptor does not block.
 * @returns a connected descriptor or a negative errno.
 */
export function connectUnix(path: string, waits = true): number {
  const name = Buffer.from(path);
  const address = Buffer.alloc(SOCKADDR_UN_SIZE);
  address.writeUInt16LE(AF_UNIX, 0);
  address.set(name.subarray(0, LONGEST_PATH), SUN_PATH);
  const fd = rawSocket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (waits ? 0 : SOCK_NONBLOCK), 0);
  if (fd < 0) return fd;
  const result = rawConnect(fd, address, SUN_PATH + name.length + 1);
  if (result >= 0) return fd;
  closeSync(fd);
  return result;
}

export interface PeerCredentials {
  /** In our pid namespace; 0 = it has no number there. */
  readonly pid: Tgid;
  /** Effective user id. */
  readonly uid: number;
}

/**
 * Who is at the other end, as it was when it made the pair, connected or began to listen; `undefined` for no UNIX socket.
 * struct ucred: pid, uid, gid.
 */
export function peerCredentials(fd: number): PeerCredentials | undefined {
  const credentials = new Uint32Array(3);
  const length = new Uint32Array([credentials.byteLength]);
  const [value, size] = [new Uint8Array(credentials.buffer), new Uint8Array(length.buffer)];
  if (rawGetsockopt(fd, SOL_SOCKET, SO_PEERCRED, value, size) < 0) return undefined;
  const [pid = 0, uid = 0] = credentials;
  return { pid: tgidOf(pid), uid };
}

/** Do messages that are received bring who sent them? */
export function passesCredentials(fd: number): boolean {
  const flag = new Uint32Array(1);
  const length = new Uint32Array([flag.byteLength]);
  const [value, size] = [new Uint8Array(flag.buffer), new Uint8Array(length.buffer)];
  return rawGetsockopt(fd, SOL_SOCKET, SO_PASSCRED, value, size) === 0 && flag[0] !== 0;
}

/** Reads and writes on `fd` fail with EAGAIN after this time. */
export function setSocketTimeout(fd: number, milliseconds: number): void {
  const interval = new BigInt64Array([BigInt(Math.floor(milliseconds / 1000)), BigInt((milliseconds % 1000) * 1000)]);
  const bytes = new Uint8Array(interval.buffer);
  rawSetsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, bytes, bytes.length);
  rawSetsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, bytes, bytes.length);
}
