/**
 * What calls about sockets ask the modules: net/socket.c, Linux 6.12, where the hook comes right after the socket was
 * found and its address was read.
 */

import { CAP } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { MAY_WRITE } from '../../../linux/fs.ts';
import {
  AF_INET,
  AF_INET6,
  AF_PACKET,
  AF_UNIX,
  AF_UNSPEC,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_TYPE_MASK,
} from '../../../linux/socket.ts';
import type { AccessArguments, AccessCheck, AccessHook } from '../../../lsm/framework/access/access.ts';
import type { AccessedSocket, InternetAddress } from '../../../lsm/framework/access/socket-access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { capabilityCheck, refuse } from '../access/calls.ts';
import { permissionChecks } from '../access/inode-permission.ts';
import type { Mediator } from '../access/mediator.ts';
import { optionCapabilities } from '../access/socket-options.ts';
import { ADDRESS_MAX, internetAddress, socketOf, unixName } from '../access/socket-view.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { pieceAt, sending, toOther } from './mediated-messages.ts';
import { creation } from './mediated-names.ts';
import { always, type SupervisedCall, unlessNull } from './supervised-call.ts';

const { EAGAIN } = ERRNO;
const SOCK_FLAGS = SOCK_NONBLOCK | SOCK_CLOEXEC;
const INTERNET_FAMILIES: ReadonlySet<number> = new Set([AF_INET, AF_INET6]);
const FAMILIES = 46;
const TYPES = 11;
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
  // inet_create(), packet_create()
  const raw = (type === SOCK_RAW && INTERNET_FAMILIES.has(family)) || family === AF_PACKET;
  refuse(context, [...Array<AccessCheck>(count).fill(asked), ...(raw ? capabilityCheck(context, CAP.NET_RAW) : [])]);
}

/** Hooks that are asked about an open socket alone. */
type UseHook = {
  [Name in AccessHook]: { readonly socket: AccessedSocket } extends AccessArguments[Name] ? Name : never;
}[AccessHook];

const using =
  (hook: UseHook): Handler =>
  (context) => {
    const seen = socketOf(context, context.call.fd(0));
    if (seen !== undefined) refuse(context, [{ hook, about: { socket: seen } }]);
  };

const listen = using('socketListen');
const accept = using('socketAccept');
const accept4: Handler = (context) => {
  if ((context.call.int(3) & ~SOCK_FLAGS) === 0) accept(context);
};
const shutdown = using('socketShutdown');
const getsockopt = using('socketGetsockopt');
/** (descriptor, level, option, value, length) */
const setsockopt: Handler = (context) => {
  const seen = context.call.int(4) < 0 ? undefined : socketOf(context, context.call.fd(0));
  if (seen === undefined) return;
  refuse(context, [{ hook: 'socketSetsockopt', about: { socket: seen } }, ...optionCapabilities(context, seen)]);
};
const getsockname = using('socketGetsockname');
const getpeername = using('socketGetpeername');

/** (descriptor, address, length) */
const bind: Handler = (context) => {
  const given = addressArgument(context, 1);
  const seen = given && socketOf(context, context.call.fd(0));
  if (given === undefined || seen === undefined) return;
  // A family does not know addresses of others.
  const path = seen.family === AF_UNIX ? (given.path ?? '') : '';
  const to = seen.family === AF_UNIX ? undefined : given.to;
  if (path !== '') context.mediator?.unixPeers.binds(context.call.tid, seen.ino);
  const named = to !== undefined && isNamed(context.view, to.port);
  refuse(context, [
    { hook: 'socketBind', about: { socket: seen, family: given.family, ...(to && { to }), named } },
    ...(to !== undefined && bindsPorts(seen) && isPrivileged(context.view, to.port)
      ? capabilityCheck(context, CAP.NET_BIND_SERVICE, 'EACCES')
      : []),
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
  const seen = given && socketOf(context, context.call.fd(0));
  if (given === undefined || seen === undefined) return;
  const { family, to, path } = given;
  const asked: AccessCheck = {
    hook: 'socketConnect',
    about: { socket: seen, family, ...(family !== AF_UNSPEC && to && { to }) },
  };
  refuse(context, [asked, ...(path === undefined ? [] : toPeer(context, seen, path))]);
};

/** (descriptor, data, length, flags, address, length of it): of datagrams to an address, who may get them, too. */
const sendto: Handler = (context) => {
  const { families } = context.mediator ?? {};
  const given = context.call.isNull(4) ? { family: AF_UNSPEC } : addressArgument(context, 4);
  if (given === undefined) return;
  const messages = families?.has('messages') === true;
  const path = families?.has('sockets') === true ? given.path : undefined;
  const seen = messages || path !== undefined ? socketOf(context, context.call.fd(0)) : undefined;
  if (seen === undefined) return;
  refuse(context, [
    ...(messages ? sending(context, seen, pieceAt(context, 1)) : []),
    ...(messages && context.call.isNull(4) ? toOther(context, seen) : []),
    ...(path !== undefined && seen.type === SOCK_DGRAM ? toPeer(context, seen, path) : []),
  ]);
};

const NO_WAY: WayToSocket = { checks: [], file: undefined, permitted: true };

/** unix_find_other(), then the hook of the connection or of what is sent. */
function toPeer(context: WorkerContext, socket: AccessedSocket, name: string): readonly AccessCheck[] {
  const { call, mediator } = context;
  if (mediator === undefined || socket.family !== AF_UNIX || name === '') return []; // EAFNOSUPPORT, EINVAL
  const way = name.startsWith('\0') ? NO_WAY : wayToSocket(context, mediator, name);
  if (!way.permitted) return way.checks;
  const { family, protocol, type } = socket;
  const peer = mediator.unixPeers.find(call.tid, { type, name, file: way.file });
  if (peer === 'unknown') mediator.unseen();
  if (typeof peer === 'string') return way.checks; // ECONNREFUSED, EPROTOTYPE
  // EISCONN, EINVAL
  if (type !== SOCK_DGRAM && (socket.peer !== undefined || socket.listens === true)) return way.checks;
  const about = { socket, peer: { family, type, protocol, ...peer, name: way.file?.path ?? name } };
  return [...way.checks, { hook: type === SOCK_DGRAM ? 'unixMaySend' : 'unixStreamConnect', about }];
}

interface WayToSocket {
  readonly checks: readonly AccessCheck[];
  /** What the path leads to; `undefined` = it cannot be looked at. */
  readonly file: FileFacts | undefined;
  /** The kernel will not refuse the way by itself. */
  readonly permitted: boolean;
}

/** unix_find_bsd() */
function wayToSocket(context: WorkerContext, mediator: Mediator, path: string): WayToSocket {
  const { call, view } = context;
  const walked = mediator.walk({ tid: call.tid, dirfd: AT_FDCWD, path, follow: true });
  const file = walked.file < 0 ? undefined : mediator.look(walked.file, call.tid);
  const { file: fd } = walked;
  const permitted = fd < 0 ? fd === -EAGAIN : view.permits(call.tid, fd, MAY_WRITE) === 0;
  const write = permitted && file !== undefined ? permissionChecks(context, file, fd, MAY_WRITE) : [];
  walked.close();
  return { checks: [...walked.checks, ...write], file, permitted };
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

/** Is it bound by inet_bind_sk(), and not in a way of its own, as raw sockets and those of ping are? */
function bindsPorts({ family, type, protocol }: AccessedSocket): boolean {
  if (!INTERNET_FAMILIES.has(family) || type === SOCK_RAW) return false;
  return type !== SOCK_DGRAM || (protocol !== IPPROTO_ICMP && protocol !== IPPROTO_ICMPV6);
}

/** inet_port_requires_bind_service() */
function isPrivileged(view: CallerView, port: number): boolean {
  const first = Number(view.readFile(AT_FDCWD, '/proc/sys/net/ipv4/ip_unprivileged_port_start') ?? FIRST_FREE_PORT);
  return port !== 0 && port < first;
}

/** Is it none of those that the kernel gives to sockets without one? */
function isNamed(view: CallerView, port: number): boolean {
  if (port === 0) return false;
  const range = view.readFile(AT_FDCWD, '/proc/sys/net/ipv4/ip_local_port_range')?.trim().split(/\s+/).map(Number);
  const [low = FIRST_FREE_PORT, high = 0xffff] = range ?? [];
  return port < Math.max(FIRST_FREE_PORT, low) || port > high;
}

export const calls: readonly SupervisedCall[] = [
  ...unlessNull('mediate-sockets', 'sendto', [4], sendto),
  ...always('mediate-messages', { sendto }),
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
