/**
 * What calls about sockets ask the modules: net/socket.c, Linux 6.12, where the hook comes right after the socket was
 * found and its address was read.
 */

import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AF_UNSPEC,
  SO_DOMAIN,
  SO_PROTOCOL,
  SO_TYPE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_TYPE_MASK,
} from '../../../linux/socket.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { AccessedSocket, InternetAddress, SocketAccess } from '../../../lsm/framework/access/socket-access.ts';
import { refuse } from '../access/calls.ts';
import { copyDescriptor } from '../caller/caller-descriptor.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { creation } from './mediated-names.ts';
import { socketOption } from './peersec.ts';
import { always } from './supervised-call.ts';

const SOCK_FLAGS = SOCK_NONBLOCK | SOCK_CLOEXEC;
const FAMILIES = 46;
const TYPES = 11;
/** struct sockaddr_in, and of sockaddr_in6 what every kernel wants (SIN6_LEN_RFC2133). */
const INET_SIZE = 16;
const INET6_SIZE = 24;
/** Longest struct sockaddr. */
const ADDRESS_MAX = 128;
/** Place of a length after an address in the result area. */
const LENGTH = 128;
const FIRST_FREE_PORT = 1024;

/** (family, type, protocol) */
const socket: Handler = (context) => make(context, 1);
/** (family, type, protocol, descriptors) */
const socketpair: Handler = (context) => make(context, 2);

function make(context: WorkerContext, count: number): void {
  const { call } = context;
  const [family, type, protocol] = [call.int(0), call.int(1) & SOCK_TYPE_MASK, call.int(2)];
  if ((call.int(1) & ~(SOCK_TYPE_MASK | SOCK_FLAGS)) !== 0) return;
  if (family < 0 || family >= FAMILIES || type >= TYPES) return;
  const asked: AccessCheck = { hook: 'socketCreate', about: { family, type, protocol } };
  refuse(context, Array<AccessCheck>(count).fill(asked));
}

const using =
  (operation: SocketAccess['socketUse']['operation']): Handler =>
  (context) => {
    const seen = look(context);
    if (seen !== undefined) refuse(context, [{ hook: 'socketUse', about: { socket: seen, operation } }]);
  };

const listen = using('listen');
const accept = using('accept');
const accept4: Handler = (context) => {
  if ((context.call.int(3) & ~SOCK_FLAGS) === 0) accept(context);
};
const shutdown = using('shutdown');
const getsockopt = using('getsockopt');
const setsockopt: Handler = (context) => {
  if (context.call.int(4) >= 0) using('setsockopt')(context);
};
const getsockname = using('getsockname');
const getpeername = using('getpeername');

/** (descriptor, address, length) */
const bind: Handler = (context) => {
  const given = addressArgument(context);
  const seen = given && look(context);
  if (given === undefined || seen === undefined) return;
  const { to, path = '' } = given;
  const named = to !== undefined && isNamed(context.view, to.port);
  refuse(context, [
    { hook: 'socketBind', about: { socket: seen, ...(to && { to }), named } },
    ...(path === '' || path.startsWith('\0') ? [] : madeFile(context, path)),
  ]);
};

/** unix_bind_bsd() */
function madeFile(context: WorkerContext, path: string): readonly AccessCheck[] {
  const walked = context.mediator?.walk({ tid: context.call.tid, dirfd: AT_FDCWD, path, follow: false });
  if (walked === undefined) return [];
  const checks = creation(context, walked, 'inodeMknod', 'sock_file');
  walked.close();
  return checks;
}

/** (descriptor, address, length) */
const connect: Handler = (context) => {
  const given = addressArgument(context);
  const seen = given && look(context);
  if (given === undefined || seen === undefined) return;
  const { family, to } = given;
  refuse(context, [{ hook: 'socketConnect', about: { socket: seen, ...(family !== AF_UNSPEC && to && { to }) } }]);
};

/** The socket that the first argument is; `undefined` = none, which the kernel says itself. */
function look({ call, view }: WorkerContext): AccessedSocket | undefined {
  const copy = copyDescriptor(view, call.tid, call.fd(0));
  if (copy < 0) return undefined;
  const [family, type, protocol] = [SO_DOMAIN, SO_TYPE, SO_PROTOCOL].map((name) => socketOption(view, copy, name));
  const [local, remote] = [NR.getsockname, NR.getpeername].map((number) => addressOf(view, copy, number));
  const ino = view.identity(copy)?.ino;
  view.close(copy);
  if (family === undefined || type === undefined || protocol === undefined || ino === undefined) return undefined;
  return { family, type, protocol, ino, ...(local && { local }), ...(remote && { remote }) };
}

function addressOf(view: CallerView, copy: number, number: number): InternetAddress | undefined {
  view.resultView.setUint32(LENGTH, ADDRESS_MAX, true);
  if (rawSyscall(number, copy, view.resultAddress, view.resultAddress + LENGTH) < 0) return undefined;
  return internetAddress(view.result, view.resultView.getUint32(LENGTH, true));
}

interface Address {
  readonly family: number;
  readonly to?: InternetAddress;
  /** Of a UNIX socket, as far as it is named: a path, or its name in the abstract namespace, which begins with NUL. */
  readonly path?: string;
}

/** The address that the second and third argument are; `undefined` = the kernel will say that it is wrong. */
function addressArgument({ call, memory }: WorkerContext): Address | undefined {
  const length = call.int(2);
  if (length < 2 || length > ADDRESS_MAX) return undefined;
  if (memory.read(call.tid, call.low(1), call.high(1), length) < length) return undefined;
  const family = (memory.bytes[0] ?? 0) | ((memory.bytes[1] ?? 0) << 8);
  const to = internetAddress(memory.bytes, length);
  if (family !== AF_UNIX || length === 2) return { family, ...(to && { to }) };
  const text = Buffer.from(memory.bytes.subarray(2, length)).toString('latin1');
  return { family, path: text.startsWith('\0') ? text : text.replace(/\0.*$/s, '') };
}

/**
 * struct sockaddr_in { u16 family; be16 port; u8 address[4]; ... }, sockaddr_in6 { u16 family; be16 port; be32 flow; u8
 * address[16]; ... }
 */
function internetAddress(bytes: Uint8Array, length: number): InternetAddress | undefined {
  const family = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
  const port = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  if (family === AF_INET && length >= INET_SIZE) return { address: [...bytes.subarray(4, 8)], port };
  if (family === AF_INET6 && length >= INET6_SIZE) return { address: [...bytes.subarray(8, 24)], port };
  return undefined;
}

/** Is it none of those that the kernel gives to sockets without one? */
function isNamed(view: CallerView, port: number): boolean {
  if (port === 0) return false;
  const range = view.readFile(AT_FDCWD, '/proc/sys/net/ipv4/ip_local_port_range')?.trim().split(/\s+/).map(Number);
  const [low = FIRST_FREE_PORT, high = 0xffff] = range ?? [];
  return port < Math.max(FIRST_FREE_PORT, low) || port > high;
}

export const calls = always('mediate-sockets', {
  socket,
  socketpair,
  listen,
  accept,
  accept4,
  shutdown,
  getsockopt,
  setsockopt,
  getsockname,
  getpeername,
  bind,
  connect,
});
