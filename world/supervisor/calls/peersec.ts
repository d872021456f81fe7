/**
 * getsockopt(SOL_SOCKET, SO_PEERSEC) and SO_PEERCONTEXT: labels of the other end of a stream socket.
 *
 * Model: do_sock_getsockopt(), sk_getsockopt() and security_socket_getpeersec_stream(). The permission is checked before
 * the length, for sockets of any kind. Modules may have a label for sockets that are not connected; connections over a
 * network and sockets of other kinds have no peer label.
 */
import { NR } from '../../../host/libc.ts';
import { latin1 } from '../../../host/memory/remote-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import type { ArgumentTest } from '../../../host/seccomp/bpf.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { tgidOf } from '../../../linux/ids.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  SO_DOMAIN,
  SO_PEERCONTEXT,
  SO_PEERCRED,
  SO_PEERSEC,
  SO_TYPE,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../../linux/socket.ts';
import { copySocket } from '../caller/caller-descriptor.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { Handler } from '../context.ts';
import type { PeerQuestion } from '../protocol/backend.ts';
import type { SupervisedCall } from './supervised-call.ts';

const { ENOTCONN, EACCES, EFAULT, EINVAL, ERANGE, ENOPROTOOPT } = ERRNO;

/** The first member of every struct sockaddr. */
const FAMILY_SIZE = 2;
/** Place of a length after a value, in the result area: longer than any address. */
const LENGTH = 128;

/** fd, level, name, value*, length* */
export const peerLabel: Handler = (context) => {
  const { call, memory, view } = context;
  if (call.int(1) !== SOL_SOCKET || (call.int(2) !== SO_PEERSEC && call.int(2) !== SO_PEERCONTEXT)) return;
  const socket = copySocket(view, call.tid, call.fd(0));
  if (socket < 0) return;
  const question = questionAbout(view, socket);
  view.close(socket);
  if (question === undefined) return; // not a socket: the host fails the call
  const compound = call.int(2) === SO_PEERCONTEXT;
  const what = compound ? 'context' : 'label';
  const asked = context.mediator?.families.has('sockets') === true && { asked: true as const };
  const answer = context.ask({ kind: 'peer', tid: call.tid, what, ...question, ...asked });
  if (answer?.errno === EACCES) {
    call.fail(EACCES);
    return;
  }
  if (memory.read(call.tid, call.low(4), call.high(4), 4) < 4) {
    call.fail(EFAULT);
    return;
  }
  const room = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 4).getInt32(0, true);
  const label = answer?.value;
  if (room < 0 || label === undefined) {
    call.fail(room < 0 ? EINVAL : answer?.errno || (compound ? EINVAL : ENOPROTOOPT));
    return;
  }
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, label.length, true);
  const fits = label.length <= room;
  // The length is stored even when the value cannot be.
  const stored = !fits || memory.write(call.tid, call.low(3), call.high(3), label);
  const told = memory.write(call.tid, call.low(4), call.high(4), length);
  if (!stored || !told) call.fail(EFAULT);
  else if (fits) call.succeed(0);
  else call.fail(ERANGE);
};

/** `undefined` when it is no socket. */
function questionAbout(view: CallerView, socket: number): Omit<PeerQuestion, 'what'> | undefined {
  const family = socketOption(view, socket, SO_DOMAIN);
  if (family === undefined) return undefined;
  const type = socketOption(view, socket, SO_TYPE) ?? 0;
  const unix = family === AF_UNIX && (type === SOCK_STREAM || type === SOCK_SEQPACKET);
  const network = (family === AF_INET || family === AF_INET6) && type === SOCK_STREAM;
  const address = unix || network ? addressOfPeer(view, socket) : undefined;
  const labelled = unix || (network && address === undefined);
  const question = { family, type, labelled, socket: view.identity(socket)?.ino ?? 0 };
  if (!labelled || address === undefined) return question;
  const connector = tgidOf(socketOption(view, socket, SO_PEERCRED) ?? 0);
  return { ...question, peer: { connector, ...(address !== '' && { address }) } };
}

/** Address of the peer, empty when it has none; `undefined` = not connected. It remains when the peer is closed. */
function addressOfPeer(view: CallerView, socket: number): string | undefined {
  view.resultView.setUint32(LENGTH, LENGTH, true);
  const { result, resultAddress, resultView } = view;
  const failure = rawSyscall(NR.getpeername, socket, resultAddress, resultAddress + LENGTH);
  if (failure < 0) return failure === -ENOTCONN ? undefined : '';
  return latin1(result.subarray(FAMILY_SIZE), Math.max(0, resultView.getUint32(LENGTH, true) - FAMILY_SIZE));
}

/** First 32 bits of a socket option. */
export function socketOption(view: CallerView, socket: number, name: number): number | undefined {
  view.resultView.setUint32(LENGTH, LENGTH, true);
  const { resultAddress } = view;
  const result = rawSyscall(NR.getsockopt, socket, SOL_SOCKET, name, resultAddress, resultAddress + LENGTH);
  return result < 0 ? undefined : view.resultView.getInt32(0, true);
}

const about = (option: number): readonly ArgumentTest[] => [
  { argument: 1, is: SOL_SOCKET },
  { argument: 2, is: option },
];

/** When getsockopt(2) is notified for it; {@link peerLabel} is part of the handler of that call (audit-options.ts). */
export const peerLabelRules: readonly SupervisedCall[] = [
  { name: 'getsockopt', when: 'peersec', rule: about(SO_PEERSEC) },
  { name: 'getsockopt', when: 'peercontext', rule: about(SO_PEERCONTEXT) },
];
