/**
 * What calls about sockets ask the modules: net/socket.c, Linux 6.12, where the hook comes right after the socket was
 * found and its address was read.
 */

import { NR } from '../../../host/libc.ts';
import { latin1 } from '../../../host/memory/remote-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { MAY_WRITE } from '../../../linux/fs.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AF_UNSPEC,
  SO_DOMAIN,
  SO_PROTOCOL,
  SO_TYPE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_TYPE_MASK,
} from '../../../linux/socket.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { AccessedSocket, InternetAddress, SocketAccess } from '../../../lsm/framework/access/socket-access.ts';
import { refuse } from '../access/calls.ts';
import { holderOf, socketsNamed } from '../access/unix-peers.ts';
import { copyDescriptor } from '../caller/caller-descriptor.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { creation } from './mediated-names.ts';
import { socketOption } from './peersec.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

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
  const given = addressArgument(context, 1);
  const seen = given && look(context);
  if (given === undefined || seen === undefined) return;
  const { to, path = '' } = given;
  if (path !== '') context.mediator?.binds(context.call.tid, seen.ino);
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
  const given = addressArgument(context, 1);
  const seen = given && look(context);
  if (given === undefined || seen === undefined) return;
  const { family, to, path } = given;
  const asked: AccessCheck = {
    hook: 'socketConnect',
    about: { socket: seen, ...(family !== AF_UNSPEC && to && { to }) },
  };
  refuse(context, [asked, ...(path === undefined ? [] : toPeer(context, seen, path))]);
};

/** (descriptor, data, length, flags, address, length of it): of datagrams to an address, who may get them. */
const sendto: Handler = (context) => {
  const path = addressArgument(context, 4)?.path;
  const seen = path === undefined ? undefined : look(context);
  if (path !== undefined && seen?.type === SOCK_DGRAM) refuse(context, toPeer(context, seen, path));
};

/** unix_find_other(), then the hook of the connection or of what is sent. */
function toPeer(context: WorkerContext, socket: AccessedSocket, name: string): readonly AccessCheck[] {
  const { call, mediator, view } = context;
  const way = name.startsWith('\0') ? [] : wayToSocket(context, name);
  const table = way && view.readWhole(`/proc/${call.tid}/net/unix`);
  if (mediator === undefined || way === undefined || table === undefined || name === '') return [];
  const named = socketsNamed(table, name).filter(
    ({ type, listening }) => type === socket.type && listening === (type !== SOCK_DGRAM),
  );
  const [peer] = named;
  if (peer === undefined) return way; // ECONNREFUSED, EPROTOTYPE
  const holder = named.length === 1 ? holderOf(view, peer.ino, mediator.binderOf(peer.ino)) : undefined;
  if (holder === undefined) {
    mediator.unseen();
    return way;
  }
  const { family, protocol, type } = socket;
  const about = { socket, peer: { family, type, protocol, ino: peer.ino, name, holder } };
  return [...way, { hook: type === SOCK_DGRAM ? 'unixMaySend' : 'unixStreamConnect', about }];
}

/** unix_find_bsd(): `undefined` = the kernel refuses by itself. */
function wayToSocket(context: WorkerContext, path: string): readonly AccessCheck[] | undefined {
  const { call, mediator, view } = context;
  const walked = mediator?.walk({ tid: call.tid, dirfd: AT_FDCWD, path, follow: true });
  if (walked === undefined) return undefined;
  const file = walked.file < 0 ? undefined : mediator?.look(walked.file, call.tid);
  const permitted = file !== undefined && view.permits(call.tid, walked.file, MAY_WRITE) === 0;
  walked.close();
  if (!permitted) return walked.checks;
  return [...walked.checks, { hook: 'inodePermission', about: { file, mask: MAY_WRITE } }];
}

/** The socket that the first argument is; `undefined` = none, which the kernel says itself. */
function look({ call, view }: WorkerContext): AccessedSocket | undefined {
  const copy = copyDescriptor(view, call.tid, call.fd(0));
  if (copy < 0) return undefined;
  const [family, type, protocol] = [SO_DOMAIN, SO_TYPE, SO_PROTOCOL].map((name) => socketOption(view, copy, name));
  const [local, remote] = [NR.getsockname, NR.getpeername].map((number) => addressOf(view, copy, number));
  const name = family === AF_UNIX ? nameOf(view, copy) : undefined;
  const ino = view.identity(copy)?.ino;
  view.close(copy);
  if (family === undefined || type === undefined || protocol === undefined || ino === undefined) return undefined;
  return { family, type, protocol, ino, ...(local && { local }), ...(remote && { remote }), ...(name && { name }) };
}

/** The name that a UNIX socket is bound to; empty = none. */
function nameOf(view: CallerView, copy: number): string {
  view.resultView.setUint32(LENGTH, ADDRESS_MAX, true);
  if (rawSyscall(NR.getsockname, copy, view.resultAddress, view.resultAddress + LENGTH) < 0) return '';
  return unixName(view.result, Math.min(view.resultView.getUint32(LENGTH, true), ADDRESS_MAX));
}

function addressOf(view: CallerView, copy: number, number: number): InternetAddress | undefined {
  view.resultView.setUint32(LENGTH, ADDRESS_MAX, true);
  if (rawSyscall(number, copy, view.resultAddress, view.resultAddress + LENGTH) < 0) return undefined;
  return internetAddress(view.result, view.resultView.getUint32(LENGTH, true));
}

/** struct sockaddr_un { u16 family; char path[]; }: a path ends with NUL or with the address. */
function unixName(bytes: Uint8Array, length: number): string {
  const text = latin1(bytes, length).slice(2);
  return text.startsWith('\0') ? text : text.replace(/\0.*$/s, '');
}

interface Address {
  readonly family: number;
  readonly to?: InternetAddress;
  /** Of a UNIX socket, as far as it is named: a path, or its name in the abstract namespace, which begins with NUL. */
  readonly path?: string;
}

/** The address that an argument and the next one are; `undefined` = the kernel will say that it is wrong. */
function addressArgument({ call, memory }: WorkerContext, argument: number): Address | undefined {
  const length = call.int(argument + 1);
  if (length < 2 || length > ADDRESS_MAX) return undefined;
  if (memory.read(call.tid, call.low(argument), call.high(argument), length) < length) return undefined;
  const family = (memory.bytes[0] ?? 0) | ((memory.bytes[1] ?? 0) << 8);
  const to = internetAddress(memory.bytes, length);
  if (family !== AF_UNIX || length === 2) return { family, ...(to && { to }) };
  return { family, path: unixName(memory.bytes, length) };
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

export const calls: readonly SupervisedCall[] = [
  { name: 'sendto', when: 'mediate-sockets', rule: [{ argument: 4, has: 0xffffffff }], handle: sendto },
  ...always('mediate-sockets', {
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
  }),
];
