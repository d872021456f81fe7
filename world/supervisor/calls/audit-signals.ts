/**
 * Signals that the kernel remembers for SIGNAL_INFO when they are sent to an audit daemon: audit_signal_info() of kernel/auditsc.c, Linux
 * 6.12, which comes before any permission check. The host's kernel, which sends them, is not told.
 */
import type { ArgumentTest } from '../../../host/seccomp/bpf.ts';
import { SIGHUP, SIGTERM, SIGUSR1, SIGUSR2 } from '../../../linux/signal.ts';
import type { WorkerContext } from '../context.ts';
import type { SignalReceivers } from '../protocol/backend.ts';
import { type SignalCall, signalHandlers } from './signal-calls.ts';
import type { SupervisedCall } from './supervised-call.ts';

const REMEMBERED: readonly number[] = [SIGHUP, SIGUSR1, SIGUSR2, SIGTERM];
/** All of them are below 16, so a filter can tell them from the most frequent others and from 0, which only asks. */
const SMALL = 0xf;

/** Which argument is the signal. */
const SIGNAL_ARGUMENT: Readonly<Record<SignalCall, number>> = {
  kill: 1,
  tkill: 1,
  tgkill: 2,
  rt_sigqueueinfo: 1,
  rt_tgsigqueueinfo: 2,
  pidfd_send_signal: 1,
};

/** To be called for each signal that is sent, also in vain. */
export function noteSignal({ ask, auditSockets, call }: WorkerContext, signal: number, to: SignalReceivers): void {
  if (auditSockets.any && REMEMBERED.includes(signal)) ask({ kind: 'audit-signal', tid: call.tid, to });
}

const handlers = signalHandlers({
  toTask: (context, signal, task, process) => noteSignal(context, signal, { task, process }),
  toGroup: (context, signal, group) => noteSignal(context, signal, { group }),
  toEverybody: (context, signal) => noteSignal(context, signal, 'everybody'),
});

const small = (argument: number): readonly ArgumentTest[] => [
  { argument, has: SMALL },
  { argument, lacks: ~SMALL },
];

export const calls: readonly SupervisedCall[] = (Object.keys(handlers) as SignalCall[]).map((name) => ({
  name,
  when: 'audit-signals',
  rule: small(SIGNAL_ARGUMENT[name]),
  handle: handlers[name],
}));
