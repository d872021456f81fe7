/**
 * recvfrom(2) with room for an address, and recvmsg(2) where it is notified anyway, on audit sockets: the sender is the kernel. Programs
 * believe no other one. The host's kernel does the receiving.
 */
import { NR } from '../../../host/libc.ts';
import { addressOf } from '../../../host/memory/remote-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { MSGHDR } from '../../../host/sockets/message-peek.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { F_GETFL, O_NONBLOCK } from '../../../linux/fcntl.ts';
import { POLLIN } from '../../../linux/poll.ts';
import { MSG_DONTWAIT } from '../../../linux/socket.ts';
import { netlinkAddress } from '../caller/audit-sockets.ts';
import { copySocket } from '../caller/caller-descriptor.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { type SupervisedCall, unlessNull } from './supervised-call.ts';

/** Of the group that gets every record: its messages name it. */
const READLOG = 1;
const { EAGAIN } = ERRNO;

/** (socket, room, size, flags, address, length of it) */
const recvfrom: Handler = (context) => {
  const { call } = context;
  if (!context.auditSockets.any || call.isNull(4)) return;
  receive(context, call.int(3), addressOf(call.low(4), call.high(4)), addressOf(call.low(5), call.high(5)));
};

/** (socket, struct msghdr, flags) */
const recvmsg: Handler = (context) => {
  const { call, memory } = context;
  if (!context.auditSockets.any) return;
  const header = memory.copy(call.tid, call.low(1), call.high(1), MSGHDR.SIZE);
  const place = header && new DataView(header.buffer).getBigUint64(MSGHDR.NAME, true);
  if (place === undefined || place === 0n) return;
  const length = addressOf(call.low(1), call.high(1)) + BigInt(MSGHDR.NAME_LENGTH);
  receive(context, call.int(2), place, length);
};

function receive(context: WorkerContext, flags: number, place: bigint, length: bigint): void {
  const { auditSockets, call, senderAddresses } = context;
  const found = auditSockets.recall(call.tid, call.fd(0));
  if (found === undefined) return;
  const waits = !hasMessage(context);
  // A caller that does not wait keeps its room for an address as it is.
  if (waits && doesNotWait(context, flags)) call.fail(EAGAIN);
  else {
    const address = netlinkAddress({ port: 0, groups: found.state.groups & READLOG });
    senderAddresses.put(call.tid, { place, length, waits }, address);
  }
}

function hasMessage(context: WorkerContext): boolean {
  return onCopy(context, (copy) => context.senderAddresses.poll.events(copy, POLLIN) !== 0) ?? false;
}

function doesNotWait(context: WorkerContext, flags: number): boolean {
  if ((flags & MSG_DONTWAIT) !== 0) return true;
  return onCopy(context, (copy) => (rawSyscall(NR.fcntl, copy, F_GETFL) & O_NONBLOCK) !== 0) ?? false;
}

/** `undefined` = the socket cannot be had. */
function onCopy<T>({ call, view }: WorkerContext, look: (copy: number) => T): T | undefined {
  const copy = copySocket(view, call.tid, call.fd(0));
  if (copy < 0) return undefined;
  const seen = look(copy);
  view.close(copy);
  return seen;
}

export const calls: readonly SupervisedCall[] = [
  ...unlessNull('audit-sockets', 'recvfrom', [4], recvfrom),
  { name: 'recvmsg', when: 'audit-messages', handle: recvmsg },
];
