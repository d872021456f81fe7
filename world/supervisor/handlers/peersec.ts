/**
 * getsockopt(SOL_SOCKET, SO_PEERSEC) and SO_PEERCONTEXT: labels of the other end of a stream socket.
 *
 * Model: sk_getsockopt() and security_socket_getpeersec_stream(). A socket that is not connected may have a label for that; connections over a network
 * and sockets of other kinds give what they give without a security module.
 */
import { NR } from '../../sys/libc.ts';
import { rawSyscall } from '../../sys/raw-syscall.ts';
import { latin1 } from '../../sys/remote-memory.ts';
import type { PeerQuestion } from '../backend.ts';
import { copyDescriptor } from '../caller-descriptor.ts';
import type { CallerView } from '../caller-view.ts';
import type { Handler } from '../context.ts';

const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_PEERCRED = 17;
const SO_PEERCONTEXT = 68;
const SO_DOMAIN = 39;
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_SEQPACKET = 5;
const ENOTCONN = 107;
const EFAULT = 14;
const EINVAL = 22;
const ERANGE = 34;
const ENOPROTOOPT = 92;

/** The first member of every struct sockaddr. */
const FAMILY_SIZE = 2;
/** Place of a length after a value, in the result area: longer than any address. */
const LENGTH = 128;

/** fd, level, name, value*, length* */
export const getsockopt: Handler = (context) => {
  const { call, memory, view } = context;
  const socket = copyDescriptor(view, call.tid, call.int(0));
  if (socket < 0) return;
  const peer = peerOf(view, socket);
  view.close(socket);
  if (peer === undefined) return; // not a socket: the host says so
  if (memory.read(call.tid, call.low(4), call.high(4), 4) < 4) {
    call.fail(EFAULT);
    return;
  }
  const room = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 4).getInt32(0, true);
  if (room < 0) {
    call.fail(EINVAL);
    return;
  }
  const compound = call.int(2) === SO_PEERCONTEXT;
  const what = compound ? 'context' : 'label';
  const answer = peer === 'none' ? undefined : context.ask({ kind: 'peer', tid: call.tid, what, ...peer });
  if (answer?.data === undefined) {
    call.fail(answer?.errno || (compound ? EINVAL : ENOPROTOOPT));
    return;
  }
  const label = answer.data;
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, label.length, true);
  const fits = label.length <= room;
  const stored = !fits || memory.write(call.tid, call.low(3), call.high(3), label);
  if (!stored || !memory.write(call.tid, call.low(4), call.high(4), length)) call.fail(EFAULT);
  else if (fits) call.succeed(0);
  else call.fail(ERANGE);
};

/** `none` when such a socket has no label; `undefined` when it is no socket. */
function peerOf(view: CallerView, socket: number): Omit<PeerQuestion, 'what'> | 'none' | undefined {
  const domain = option(view, socket, SO_DOMAIN);
  if (domain === undefined) return undefined;
  const type = option(view, socket, SO_TYPE);
  const unix = domain === AF_UNIX && (type === SOCK_STREAM || type === SOCK_SEQPACKET);
  const network = (domain === AF_INET || domain === AF_INET6) && type === SOCK_STREAM;
  if (!unix && !network) return 'none';
  const address = addressOfPeer(view, socket);
  if (network && address !== undefined) return 'none';
  const question = { family: domain, type: type ?? 0, socket: view.identity(socket)?.ino ?? 0 };
  if (address === undefined) return question;
  const connector = option(view, socket, SO_PEERCRED) ?? 0;
  return { ...question, peer: { connector, ...(address !== '' && { address }) } };
}

/** Empty when it has none; `undefined` when the socket is not connected. It stays when the other end is closed. */
function addressOfPeer(view: CallerView, socket: number): string | undefined {
  view.resultView.setUint32(LENGTH, LENGTH, true);
  const { result, resultAddress, resultView } = view;
  const failure = rawSyscall(NR.getpeername, socket, resultAddress, resultAddress + LENGTH);
  if (failure < 0) return failure === -ENOTCONN ? undefined : '';
  return latin1(result.subarray(FAMILY_SIZE), Math.max(0, resultView.getUint32(LENGTH, true) - FAMILY_SIZE));
}

/** First 32 bits of a socket option. */
function option(view: CallerView, socket: number, name: number): number | undefined {
  view.resultView.setUint32(LENGTH, LENGTH, true);
  const { resultAddress } = view;
  const result = rawSyscall(NR.getsockopt, socket, SOL_SOCKET, name, resultAddress, resultAddress + LENGTH);
  return result < 0 ? undefined : view.resultView.getInt32(0, true);
}
