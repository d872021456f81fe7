/**
 * Names and options of audit sockets, which are those of a netlink(7) socket: getsockname(2), getpeername(2), what SOL_SOCKET tells of its
 * kind, and SOL_NETLINK.
 *
 * Model: netlink_getname(), netlink_setsockopt(), netlink_getsockopt() of net/netlink/af_netlink.c and sk_getsockopt(), Linux 6.12. All
 * other options are those of the UNIX socket behind it.
 */
import type { ArgumentTest } from '../../../host/seccomp/bpf.ts';
import { ERRNO } from '../../../linux/errno.ts';
import {
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_AUDIT,
  NETLINK_BROADCAST_ERROR,
  NETLINK_CAP_ACK,
  NETLINK_DROP_MEMBERSHIP,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_LIST_MEMBERSHIPS,
  NETLINK_LISTEN_ALL_NSID,
  NETLINK_NO_ENOBUFS,
  NETLINK_PKTINFO,
} from '../../../linux/netlink.ts';
import { AF_NETLINK, SO_DOMAIN, SO_PROTOCOL, SO_TYPE, SOL_NETLINK, SOL_SOCKET } from '../../../linux/socket.ts';
import { netlinkAddress } from '../caller/audit-sockets.ts';
import type { Handler, WorkerContext } from '../context.ts';
import type { AuditSocketState } from '../protocol/backend.ts';
import { callArguments } from './audit-socket.ts';
import { peerLabel, peerLabelRules } from './peersec.ts';
import type { SupervisedCall } from './supervised-call.ts';

const { EFAULT, EINVAL, EIO, ENOPROTOOPT } = ERRNO;
const INT = 4;

/** Options that are on or off. */
const FLAGS: readonly number[] = [
  NETLINK_PKTINFO,
  NETLINK_BROADCAST_ERROR,
  NETLINK_NO_ENOBUFS,
  NETLINK_LISTEN_ALL_NSID,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
];
const MEMBERSHIPS: readonly number[] = [NETLINK_ADD_MEMBERSHIP, NETLINK_DROP_MEMBERSHIP];

/** (socket, address, length of it) */
const name =
  (of: (state: AuditSocketState) => Parameters<typeof netlinkAddress>[0]): Handler =>
  (context) => {
    const { call } = context;
    const found = context.auditSockets.find(call.tid, call.fd(0));
    if (found === undefined) return;
    const address = netlinkAddress(of(found.state));
    const room = intAt(context, 2);
    if (room === undefined) call.fail(EFAULT);
    else if (room < 0) call.fail(EINVAL);
    else store(context, { value: 1, data: address.subarray(0, room), length: 2, told: address.length });
  };

const getsockname = name((state) => state);
const getpeername = name(({ peer }) => peer);

/** (socket, level, option, value, length of it) */
const getsockopt: Handler = (context) => {
  const { call } = context;
  const [level, option] = [call.int(1), call.int(2)];
  if (level === SOL_SOCKET && ![SO_DOMAIN, SO_PROTOCOL, SO_TYPE].includes(option)) {
    peerLabel(context);
    return;
  }
  if (level !== SOL_SOCKET && level !== SOL_NETLINK) return;
  const found = context.auditSockets.find(call.tid, call.fd(0));
  if (found === undefined) return;
  const room = intAt(context, 4);
  if (room === undefined) call.fail(EFAULT);
  else if (room < 0) call.fail(EINVAL);
  else if (level === SOL_SOCKET) {
    const data = int(kindOf(found.state, option)).subarray(0, room);
    store(context, { value: 3, data, length: 4, told: data.length });
  } else netlinkOption(context, found.state, option, room);
};

function kindOf({ type }: AuditSocketState, option: number): number {
  if (option === SO_TYPE) return type;
  return option === SO_DOMAIN ? AF_NETLINK : NETLINK_AUDIT;
}

function netlinkOption(context: WorkerContext, state: AuditSocketState, option: number, room: number): void {
  const { call } = context;
  if (option === NETLINK_LIST_MEMBERSHIPS) {
    const whole = state.groupCount / 8;
    const data = int(state.groups).subarray(0, room < INT ? 0 : whole);
    store(context, { value: 3, data, length: 4, told: whole });
  } else if (!FLAGS.includes(option)) call.fail(ENOPROTOOPT);
  else if (room < INT) call.fail(EINVAL);
  else store(context, { value: 3, data: int(state.options.includes(option) ? 1 : 0), length: 4, told: INT });
}

/** (socket, level, option, value, length) */
const setsockopt: Handler = (context) => {
  const { call, memory } = context;
  const option = call.int(2);
  if (call.int(1) !== SOL_NETLINK || call.int(4) < 0) return;
  const found = context.auditSockets.find(call.tid, call.fd(0));
  if (found === undefined) return;
  const given = call.int(4) < INT ? int(0) : memory.copy(call.tid, call.low(3), call.high(3), INT);
  if (given === undefined) call.fail(EFAULT);
  else if (!FLAGS.includes(option) && !MEMBERSHIPS.includes(option)) call.fail(ENOPROTOOPT);
  else {
    const value = new DataView(given.buffer, given.byteOffset).getUint32(0, true);
    const { socket } = found;
    context.auditSockets.forget(socket);
    const answer = context.ask({
      kind: 'audit-option',
      tid: call.tid,
      socket,
      option,
      value,
      args: callArguments(context),
    });
    if (answer?.errno === 0) call.succeed(0);
    else call.fail(answer?.errno ?? EIO);
  }
};

function int(value: number): Uint8Array {
  const bytes = new Uint8Array(INT);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** The int that an argument points to; `undefined` when it cannot be read. */
function intAt({ call, memory }: WorkerContext, argument: number): number | undefined {
  const bytes = memory.copy(call.tid, call.low(argument), call.high(argument), INT);
  return bytes && new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
}

interface Stored {
  /** Arguments that point to the value and to its length. */
  readonly value: number;
  readonly length: number;
  readonly data: Uint8Array;
  readonly told: number;
}

/** Ends the call with success, or with EFAULT. */
function store({ call, memory }: WorkerContext, { value, length, data, told }: Stored): void {
  const done =
    memory.write(call.tid, call.low(value), call.high(value), data) &&
    memory.write(call.tid, call.low(length), call.high(length), int(told));
  if (done) call.succeed(0);
  else call.fail(EFAULT);
}

const ofKind = (option: number): readonly ArgumentTest[] => [
  { argument: 1, is: SOL_SOCKET },
  { argument: 2, is: option },
];

export const calls: readonly SupervisedCall[] = [
  { name: 'getsockname', when: 'audit-sockets', handle: getsockname },
  { name: 'getpeername', when: 'audit-sockets', handle: getpeername },
  ...peerLabelRules.map((call): SupervisedCall => ({ ...call, handle: getsockopt })),
  ...[SO_TYPE, SO_PROTOCOL, SO_DOMAIN].map(
    (option): SupervisedCall => ({
      name: 'getsockopt',
      when: 'audit-sockets',
      rule: ofKind(option),
      handle: getsockopt,
    }),
  ),
  ...(['getsockopt', 'setsockopt'] as const).map(
    (call): SupervisedCall => ({
      name: call,
      when: 'audit-sockets',
      rule: [{ argument: 1, is: SOL_NETLINK }],
      handle: call === 'getsockopt' ? getsockopt : setsockopt,
    }),
  ),
];
