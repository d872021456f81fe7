/**
 * Audit by netlink(7): socket(AF_NETLINK, type, NETLINK_AUDIT) and the calls on such a socket. Programs of a world must
 * not reach the host's audit, whose rules and daemon they could change.
 *
 * Model: the program gets one end of a pair of UNIX sockets that keep the boundaries of messages
 * (daemon/audit/audit-sockets.ts). Only calls that such a pair cannot serve are answered here: binding, connecting and sending with an
 * address; what the socket shows of itself in audit-options.ts, whom it hears from in audit-receive.ts. As in the kernel, the reply is in
 * the socket when sendto(2) returns. All other calls (poll, close, send without an address, what is received) are left to the host.
 */

import { REMOTE_LIMIT } from '../../../host/memory/remote-memory.ts';
import type { ArgumentTest } from '../../../host/seccomp/bpf.ts';
import { CAP, hasCapability } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { NETLINK_AUDIT, SOCKADDR_NL_SIZE } from '../../../linux/netlink.ts';
import {
  AF_NETLINK,
  AF_UNSPEC,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_TYPE_MASK,
} from '../../../linux/socket.ts';
import { requestPaths } from '../../../lsm/framework/audit/paths.ts';
import { lookUpRulePath } from '../caller/rule-path.ts';
import type { Handler, WorkerContext } from '../context.ts';
import * as create from './create.ts';
import type { SupervisedCall } from './supervised-call.ts';

/** Most that a netlink socket sends at once: its buffer less what the kernel needs. */
const MESSAGE_MAX = 212_960;
const { EPERM, EIO, EFAULT, EINVAL, EMSGSIZE, ESOCKTNOSUPPORT, ECONNREFUSED } = ERRNO;
const ARGUMENTS = 6;

/** (domain, type, protocol) */
const socket: Handler = (context) => {
  const { call, view } = context;
  if (call.int(0) !== AF_NETLINK || call.int(2) !== NETLINK_AUDIT) return;
  const type = call.int(1);
  const kind = type & SOCK_TYPE_MASK;
  if (kind !== SOCK_DGRAM && kind !== SOCK_RAW) {
    call.fail(ESOCKTNOSUPPORT);
    return;
  }
  const nonBlocking = (type & SOCK_NONBLOCK) !== 0;
  const answer = context.ask({ kind: 'audit-socket', tid: call.tid, type: kind, nonBlocking });
  if (answer?.value === undefined) {
    call.fail(answer?.errno ?? EIO);
    return;
  }
  const fd = context.daemon.take(answer.value);
  const handed = fd < 0 ? fd : call.handOut(fd, (type & SOCK_CLOEXEC) !== 0);
  if (fd >= 0) view.close(fd);
  if (handed < 0) call.fail(-handed);
};

interface NetlinkAddress {
  readonly family: number;
  readonly port: number;
  readonly groups: number;
  /** Latin-1. */
  readonly text: string;
}

function addressOf({ call, memory }: WorkerContext, argument: number): NetlinkAddress | undefined {
  if (memory.read(call.tid, call.low(argument), call.high(argument), SOCKADDR_NL_SIZE) < SOCKADDR_NL_SIZE)
    return undefined;
  const view = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, SOCKADDR_NL_SIZE);
  return {
    family: view.getUint16(0, true),
    port: view.getUint32(4, true),
    groups: view.getUint32(8, true),
    text: Buffer.from(memory.bytes.subarray(0, SOCKADDR_NL_SIZE)).toString('latin1'),
  };
}

export function callArguments({ call }: WorkerContext): bigint[] {
  return Array.from({ length: ARGUMENTS }, (_, index) => (BigInt(call.high(index)) << 32n) | BigInt(call.low(index)));
}

/** (fd, address, length) */
const bind: Handler = (context) => {
  const { call, auditSockets } = context;
  const found = call.int(2) === SOCKADDR_NL_SIZE ? auditSockets.find(call.tid, call.fd(0)) : undefined;
  if (found === undefined) {
    create.bind(context);
    return;
  }
  const address = addressOf(context, 1);
  if (address === undefined) call.fail(EFAULT);
  else if (address.family !== AF_NETLINK) call.fail(EINVAL);
  else place(context, 'audit-bind', found.socket, address);
};

/** (fd, address, length) */
const connect: Handler = (context) => {
  const { call, auditSockets } = context;
  const found = call.int(2) === SOCKADDR_NL_SIZE ? auditSockets.find(call.tid, call.fd(0)) : undefined;
  if (found === undefined) return;
  const address = addressOf(context, 1);
  if (address === undefined) call.fail(EFAULT);
  else if (address.family === AF_UNSPEC)
    place(context, 'audit-connect', found.socket, { ...address, port: 0, groups: 0 });
  else if (address.family !== AF_NETLINK) call.fail(EINVAL);
  else if (namesOthers(address) && !maySendToOthers(context)) call.fail(EPERM);
  else place(context, 'audit-connect', found.socket, address);
};

function place(
  context: WorkerContext,
  kind: 'audit-bind' | 'audit-connect',
  socket: number,
  { port, groups, text }: NetlinkAddress,
): void {
  const { call } = context;
  const args = callArguments(context);
  context.auditSockets.forget(socket);
  const answer = context.ask({ kind, tid: call.tid, socket, port, groups, args, address: text });
  if (answer?.errno === 0) call.succeed(0);
  else call.fail(answer?.errno ?? EIO);
}

/** Somebody else than the kernel. */
const namesOthers = ({ port, groups }: NetlinkAddress): boolean => port !== 0 || groups !== 0;

/** netlink_allowed(): audit is no protocol in which anybody may send to anybody. The right counts in the user namespace of the network. */
function maySendToOthers({ call, view }: WorkerContext): boolean {
  const network = (process: Tid | 'self') => view.readlinkAt(AT_FDCWD, `/proc/${process}/ns/net`);
  const counts = () => view.isInOurUserNamespace(call.tid) || network(call.tid) !== network('self');
  return has({ call, view }, CAP.NET_ADMIN) && counts();
}

/** In its own user namespace. */
function has({ call, view }: Pick<WorkerContext, 'call' | 'view'>, capability: number): boolean {
  return hasCapability(view.status(call.tid)?.effectiveCapabilities ?? 0n, capability);
}

/** (fd, message, length, flags, address, address length) */
const sendto: Handler = (context) => {
  const { call, auditSockets, pacedSenders } = context;
  const found = call.int(5) === SOCKADDR_NL_SIZE ? auditSockets.find(call.tid, call.fd(0)) : undefined;
  if (found === undefined) return;
  const { contained } = found.state;
  if (contained && pacedSenders.pause > 0 && context.deferredCalls.defer()) return;
  const began = performance.now();
  const address = addressOf(context, 4);
  if (address === undefined || address.family !== AF_NETLINK) {
    call.fail(address === undefined ? EFAULT : EINVAL);
    return;
  }
  if (namesOthers(address) && !maySendToOthers(context)) {
    call.fail(EPERM);
    return;
  }
  const data = message(context);
  // No socket is found by a port here.
  if (typeof data === 'number' || address.port !== 0) {
    call.fail(typeof data === 'number' ? data : ECONNREFUSED);
    return;
  }
  const answer = context.ask({
    kind: 'audit-send',
    tid: call.tid,
    socket: found.socket,
    data,
    groups: address.groups,
    // Who may not ask is refused before anything is looked up.
    paths: has(context, CAP.AUDIT_CONTROL)
      ? requestPaths(data).map((path) => lookUpRulePath(context.view, call.tid, path))
      : [],
    args: callArguments(context),
    address: address.text,
  });
  if (contained) pacedSenders.served(began);
  else pacedSenders.othersWork();
  if (answer?.errno === 0) call.succeed(data.length);
  else call.fail(answer?.errno ?? EIO);
};

/** What is sent, or an error. */
function message({ call, memory }: WorkerContext): Uint8Array | number {
  const length = call.low(2);
  if (call.high(2) !== 0 || length > MESSAGE_MAX) return EMSGSIZE;
  const data = new Uint8Array(length);
  const start = (BigInt(call.high(1)) << 32n) | BigInt(call.low(1));
  for (let done = 0; done < length; done += REMOTE_LIMIT) {
    const at = start + BigInt(done);
    const size = Math.min(REMOTE_LIMIT, length - done);
    const low = Number(BigInt.asUintN(32, at));
    if (memory.read(call.tid, low, Number(at >> 32n), size) < size) return EFAULT;
    data.set(memory.bytes.subarray(0, size), done);
  }
  return data;
}

const withAddress = (argument: number): readonly ArgumentTest[] => [{ argument, is: SOCKADDR_NL_SIZE }];

export const calls: readonly SupervisedCall[] = [
  {
    name: 'socket',
    when: 'audit',
    rule: [
      { argument: 0, is: AF_NETLINK },
      { argument: 2, is: NETLINK_AUDIT },
    ],
    handle: socket,
  },
  { name: 'bind', when: 'audit-sockets', rule: withAddress(2), handle: bind },
  { name: 'bind', when: 'file-labels', handle: bind },
  { name: 'connect', when: 'audit-sockets', rule: withAddress(2), handle: connect },
  { name: 'sendto', when: 'audit-sockets', rule: withAddress(5), handle: sendto },
];
