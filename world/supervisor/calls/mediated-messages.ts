/**
 * What sending and receiving asks the modules: __sock_sendmsg(), sock_recvmsg() and netlink_sendmsg() of net/, Linux 6.12.
 * The hooks come right after the socket was found and the message header was read.
 */
import { IOVEC_SIZE, MSGHDR } from '../../../host/sockets/message-receive.ts';
import { NLMSG_HEADER } from '../../../linux/netlink.ts';
import { AF_NETLINK, AF_UNIX, SOCK_DGRAM } from '../../../linux/socket.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { AccessedSocket } from '../../../lsm/framework/access/socket-access.ts';
import { refuse } from '../access/calls.ts';
import { addressAt, receiveFiles } from '../access/received-files.ts';
import { socketOf } from '../access/socket-view.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

/** How much of what netlink sockets send is looked at; more than a page is rarely sent. */
const LOOKED_AT = 4096;

/** Where data are in the caller's memory. */
interface Piece {
  readonly low: number;
  readonly high: number;
  readonly length: number;
}

/** The checks of sending these data. @param first where they begin; absent = nothing. */
export function sending(context: WorkerContext, socket: AccessedSocket, first: Piece | undefined): AccessCheck[] {
  return [
    { hook: 'socketSendmsg', about: { socket } },
    ...(socket.family === AF_NETLINK && first !== undefined ? netlinkMessages(context, socket, first) : []),
  ];
}

/**
 * unix_dgram_sendmsg() without an address: who gets it is asked about each time. Of a pair both have one maker; of others it is not known
 * who has what they are connected to.
 */
export function toOther({ call, mediator }: WorkerContext, socket: AccessedSocket): AccessCheck[] {
  if (socket.family !== AF_UNIX || socket.type !== SOCK_DGRAM || socket.peer !== '') return [];
  if (mediator?.families.has('sockets') !== true) return [];
  const { name: _, ...peer } = socket;
  return [{ hook: 'unixMaySend', about: { socket, peer: { ...peer, holder: call.tid } } }];
}

export const receiving = (socket: AccessedSocket): AccessCheck => ({
  hook: 'socketRecvmsg',
  about: { socket },
});

/** The data of an argument, with the length in the next. */
export function pieceAt({ call }: WorkerContext, argument: number): Piece {
  const length = call.high(argument + 1) === 0 ? call.low(argument + 1) : LOOKED_AT;
  return { low: call.low(argument), high: call.high(argument), length };
}

/** The first of several parts (struct iovec). */
export function firstPart({ call, memory }: WorkerContext, low: number, high: number): Piece | undefined {
  if (memory.read(call.tid, low, high, IOVEC_SIZE) < IOVEC_SIZE) return undefined;
  const part = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, IOVEC_SIZE);
  const length = part.getUint32(12, true) === 0 ? part.getUint32(8, true) : LOOKED_AT;
  return { low: part.getUint32(0, true), high: part.getUint32(4, true), length };
}

/** selinux_netlink_send() */
function netlinkMessages({ call, memory }: WorkerContext, socket: AccessedSocket, piece: Piece): AccessCheck[] {
  const count = memory.read(call.tid, piece.low, piece.high, Math.min(piece.length, LOOKED_AT));
  const checks: AccessCheck[] = [];
  for (let at = 0; at + NLMSG_HEADER <= count; ) {
    const header = new DataView(memory.bytes.buffer, memory.bytes.byteOffset + at, NLMSG_HEADER);
    const length = header.getUint32(0, true);
    if (length < NLMSG_HEADER || at + length > piece.length) break;
    checks.push({ hook: 'netlinkSend', about: { socket, type: header.getUint16(4, true) } });
    at += (length + 3) & ~3;
  }
  return checks;
}

/** (socket, message, flags) */
const sendmsg: Handler = (context) => {
  const { call, memory } = context;
  if (memory.read(call.tid, call.low(1), call.high(1), MSGHDR.SIZE) < MSGHDR.SIZE) return;
  const header = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, MSGHDR.SIZE);
  const [low, high] = [header.getUint32(MSGHDR.PARTS, true), header.getUint32(MSGHDR.PARTS + 4, true)];
  const some = header.getUint32(MSGHDR.COUNT, true) > 0;
  const isAddressed = header.getBigUint64(MSGHDR.NAME, true) !== 0n && header.getUint32(MSGHDR.NAME_LENGTH, true) > 0;
  const socket = socketOf(context, call.fd(0));
  if (socket === undefined) return;
  const data = some ? firstPart(context, low, high) : undefined;
  refuse(context, [...sending(context, socket, data), ...(isAddressed ? [] : toOther(context, socket))]);
};
/** (socket, messages, count, flags). The first decides: a kernel that refuses a later one returns how many were sent. */
const sendmmsg: Handler = (context) => {
  if (context.call.low(2) > 0) sendmsg(context);
};

const receive: Handler = (context) => {
  const socket = socketOf(context, context.call.fd(0));
  if (socket !== undefined) refuse(context, [receiving(socket)]);
};

/** (socket, message, flags) */
const recvmsg: Handler = (context) => {
  const { call } = context;
  const socket = socketOf(context, call.fd(0));
  if (socket === undefined) return;
  refuse(context, [receiving(socket)]);
  if (!call.answered && socket.family === AF_UNIX) receiveFiles(context, socket.ino, addressAt(context, 1));
};

/** (socket, messages, count, flags). Of several messages the first decides. */
const recvmmsg: Handler = (context) => {
  if (context.call.low(2) > 0) recvmsg(context);
};

export const calls = always('mediate-messages', {
  sendmsg,
  sendmmsg,
  recvfrom: receive,
  recvmsg,
  recvmmsg,
});
