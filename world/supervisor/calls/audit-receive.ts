/**
 * recvfrom(2) with room for an address, and recvmsg(2) where it is notified anyway, on audit sockets: the sender is the kernel. Programs
 * believe no other one. The host's kernel does the receiving.
 */
import { NR } from '../../../host/libc.ts';
import { addressOf } from '../../../host/memory/remote-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { MSGHDR } from '../../../host/sockets/message-receive.ts';
import { passesCredentials } from '../../../host/sockets/unix-socket.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { F_GETFL, O_NONBLOCK } from '../../../linux/fcntl.ts';
import { NETLINK_PKTINFO } from '../../../linux/netlink.ts';
import { POLLIN } from '../../../linux/poll.ts';
import { MSG_DONTWAIT } from '../../../linux/socket.ts';
import { netlinkAddress } from '../caller/audit-sockets.ts';
import { copyDescriptor } from '../caller/caller-descriptor.ts';
import type { MessageHeader } from '../caller/netlink-messages.ts';
import type { Handler, WorkerContext } from '../context.ts';
import type { AuditSocketState } from '../protocol/backend.ts';
import { type SupervisedCall, unlessNull } from './supervised-call.ts';

/** Of the group that gets every record: its messages name it. */
const READLOG = 1;
/** What user 0 of the initial namespace is where it has no number. */
const OVERFLOW_ID = 65534;
const { EAGAIN } = ERRNO;

/** (socket, room, size, flags, address, length of it) */
const recvfrom: Handler = (context) => {
  const { call } = context;
  if (!context.auditSockets.any || call.isNull(4)) return;
  receive(context, call.int(3), addressOf(call.low(4), call.high(4)), addressOf(call.low(5), call.high(5)));
};

/** (socket, struct msghdr, flags) */
const recvmsg: Handler = (context) => {
  const { auditSockets, call, memory } = context;
  const found = auditSockets.any ? auditSockets.recall(call.tid, call.fd(0)) : undefined;
  const bytes = found && memory.copy(call.tid, call.low(1), call.high(1), MSGHDR.SIZE);
  if (found === undefined || bytes === undefined) return;
  const header = { place: addressOf(call.low(1), call.high(1)), bytes: new DataView(bytes.buffer) };
  if (tellsMore(context, found.state, header)) return;
  const place = header.bytes.getBigUint64(MSGHDR.NAME, true);
  if (place !== 0n) receive(context, call.int(2), place, header.place + BigInt(MSGHDR.NAME_LENGTH));
};

/** Whoever wants to know more than the sender's address gets the message from us, if there is one. */
function tellsMore(context: WorkerContext, state: AuditSocketState, header: MessageHeader): boolean {
  const { call, netlinkMessages, view } = context;
  const passes = onCopy(context, passesCredentials) === true;
  const tgid = view.status(call.tid)?.tgid;
  const group = state.groups & READLOG;
  const tellsGroup = state.options.includes(NETLINK_PKTINFO);
  if (tgid === undefined || (!passes && !tellsGroup) || !hasMessage(context)) return false;
  const result = netlinkMessages.receive(
    {
      ...{ tid: call.tid, tgid, socket: call.fd(0), flags: call.int(2) },
      address: netlinkAddress({ port: 0, groups: group }),
      credentials: passes ? kernelCredentials(view.isInOurUserNamespace(call.tid) ? 0 : OVERFLOW_ID) : undefined,
      group: tellsGroup ? group : undefined,
    },
    header,
  );
  if (result === undefined) return false;
  if (result < 0) call.fail(-result);
  else call.succeed(result);
  return true;
}

/** struct ucred { u32 pid, uid, gid } of the kernel. */
function kernelCredentials(root: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, root, true);
  view.setUint32(8, root, true);
  return bytes;
}

function receive(context: WorkerContext, flags: number, place: bigint, length: bigint): void {
  const { auditSockets, call, senderAddresses } = context;
  const found = auditSockets.recall(call.tid, call.fd(0));
  if (found === undefined) return;
  const mode = lookForMessage(context, flags);
  // A caller that does not wait keeps its room for an address as it is.
  if (mode === 'fails') call.fail(EAGAIN);
  else {
    const address = netlinkAddress({ port: 0, groups: found.state.groups & READLOG });
    senderAddresses.put(call.tid, { place, length, waits: mode === 'waits' }, address);
  }
}

function hasMessage(context: WorkerContext): boolean {
  return onCopy(context, (copy) => isReadable(context, copy)) ?? false;
}

/** What the call does: there is a message, or it waits for one, or fails. */
function lookForMessage(context: WorkerContext, flags: number): 'receives' | 'waits' | 'fails' {
  const mode = onCopy(context, (copy) => {
    if (isReadable(context, copy)) return 'receives';
    return (flags & MSG_DONTWAIT) !== 0 || isNonBlocking(copy) ? 'fails' : 'waits';
  });
  return mode ?? ((flags & MSG_DONTWAIT) !== 0 ? 'fails' : 'waits');
}

const isReadable = ({ senderAddresses }: WorkerContext, socket: number): boolean =>
  senderAddresses.poll.events(socket, POLLIN) !== 0;
const isNonBlocking = (socket: number): boolean => (rawSyscall(NR.fcntl, socket, F_GETFL) & O_NONBLOCK) !== 0;

/** Of a descriptor that was found to be an audit socket. `undefined` = it cannot be had. */
function onCopy<T>({ call, view }: WorkerContext, look: (copy: number) => T): T | undefined {
  const copy = copyDescriptor(view, call.tid, call.fd(0));
  if (copy < 0) return undefined;
  const seen = look(copy);
  view.close(copy);
  return seen;
}

export const calls: readonly SupervisedCall[] = [
  ...unlessNull('audit-sockets', 'recvfrom', [4], recvfrom),
  { name: 'recvmsg', when: 'audit-messages', handle: recvmsg },
];
