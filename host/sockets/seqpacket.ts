/**
 * A pair of UNIX sockets that keep the boundaries of messages, of which one end passes for a netlink(7) socket.
 *
 * SOCK_SEQPACKET ignores the address that something is sent to. What recvfrom(2) tells as the sender's address is the
 * name of the other end: ours is bound to an abstract one of 12 bytes which reads as struct sockaddr_nl { u16 family,
 * u16, u32 port 0, u32 groups }, the only form in which clients of audit accept an answer. The kernel tells who sent
 * what we receive.
 */
import { closeSync, fstatSync } from 'node:fs';
import { ERRNO } from '../../linux/errno.ts';
import { F_SETFL, F_SETOWN, O_ASYNC, O_NONBLOCK, O_RDWR } from '../../linux/fcntl.ts';
import { type Tgid, tgidOf } from '../../linux/ids.ts';
import {
  AF_UNIX,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SCM_CREDENTIALS,
  SO_PASSCRED,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_SEQPACKET,
  SOL_SOCKET,
} from '../../linux/socket.ts';
import { libcFunction } from '../libc.ts';
import { allocateNative } from '../memory/native-memory.ts';

const { EADDRINUSE } = ERRNO;
/** Of what waits in a socket for its reader. */
const SEND_BUFFER = 1 << 20;
const MESSAGE_MAX = 1 << 18;
/** struct msghdr, struct iovec, room for struct cmsghdr with struct ucred { int pid, uid, gid }; then the message. */
const IOVEC = 56;
const CONTROL = IOVEC + 16;
const CONTROL_SIZE = 64;
const DATA = CONTROL + CONTROL_SIZE;
const NAMES_TRIED = 64;

const socketpair = libcFunction('socketpair', ['int', 'int', 'int', 'void *']);
const bind = libcFunction('bind', ['int', 'void *', 'uint']);
const setsockopt = libcFunction('setsockopt', ['int', 'int', 'int', 'void *', 'uint']);
const fcntl = libcFunction('fcntl', ['int', 'int', 'long']);
const sendBytes = libcFunction('send', ['int', 'void *', 'size_t', 'int'], 'long');
const receiveMessage = libcFunction('recvmsg', ['int', 'uint64', 'int'], 'long');

export interface SeqPacketPair {
  readonly ours: number;
  readonly theirs: number;
  /** Inode number of their end. */
  readonly inode: number;
}

/** @param serial makes the name of our end unique. @returns a negative errno on failure. */
export function netlinkLikePair(serial: number, nonBlocking: boolean): SeqPacketPair | number {
  const fds = new Int32Array(2);
  const made = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, new Uint8Array(fds.buffer));
  if (made < 0) return made;
  const [ours = -1, theirs = -1] = fds;
  let named = -EADDRINUSE;
  for (let attempt = 0; attempt < NAMES_TRIED && named === -EADDRINUSE; attempt++) named = name(ours, serial + attempt);
  if (named < 0) {
    closeSync(ours);
    closeSync(theirs);
    return named;
  }
  const one = new Uint8Array(new Int32Array([1]).buffer);
  setsockopt(ours, SOL_SOCKET, SO_PASSCRED, one, one.length);
  const size = new Uint8Array(new Int32Array([SEND_BUFFER]).buffer);
  setsockopt(ours, SOL_SOCKET, SO_SNDBUFFORCE, size, size.length); // without the right to it, the default does
  if (nonBlocking) fcntl(theirs, F_SETFL, O_RDWR | O_NONBLOCK);
  return { ours, theirs, inode: fstatSync(theirs).ino };
}

/** Abstract names are shared by all worlds of a network namespace: the number is a hash of our pid and the serial number. */
function name(socket: number, serial: number): number {
  const address = Buffer.alloc(12);
  address.writeUInt16LE(AF_UNIX, 0);
  address[3] = 0x6e;
  address.writeUInt32LE((Math.imul(process.pid, 0x9e3779b1) + serial) >>> 0, 8);
  return bind(socket, address, address.length);
}

/** SIGIO comes when there is something to receive or the other end was closed. */
export function signalInput(socket: number): void {
  fcntl(socket, F_SETOWN, process.pid);
  fcntl(socket, F_SETFL, O_RDWR | O_NONBLOCK | O_ASYNC);
}

/** Without waiting. @returns a negative errno on failure. */
export function sendPacket(socket: number, message: Uint8Array): number {
  return sendBytes(socket, message, message.length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

export interface Packet {
  readonly data: Uint8Array;
  /** Process that sent it, in our pid namespace; 0 = it has no number there. */
  readonly pid: Tgid;
}

export class PacketReceiver {
  readonly #memory = allocateNative(DATA + MESSAGE_MAX);

  constructor() {
    const { view, address } = this.#memory;
    view.setBigUint64(16, BigInt(address + IOVEC), true);
    view.setBigUint64(24, 1n, true);
    view.setBigUint64(32, BigInt(address + CONTROL), true);
    view.setBigUint64(IOVEC, BigInt(address + DATA), true);
    view.setBigUint64(IOVEC + 8, BigInt(MESSAGE_MAX), true);
  }

  /** Without waiting. @returns a negative errno when there is nothing; 0 = the other end is closed. */
  receive(socket: number): Packet | number {
    const { view, bytes, address } = this.#memory;
    view.setBigUint64(40, BigInt(CONTROL_SIZE), true);
    const count = receiveMessage(socket, address, MSG_DONTWAIT);
    if (count <= 0) return count;
    const length = Number(view.getBigUint64(40, true));
    const credentials =
      length >= 28 &&
      view.getInt32(CONTROL + 8, true) === SOL_SOCKET &&
      view.getInt32(CONTROL + 12, true) === SCM_CREDENTIALS;
    return { data: bytes.slice(DATA, DATA + count), pid: tgidOf(credentials ? view.getInt32(CONTROL + 16, true) : 0) };
  }
}
