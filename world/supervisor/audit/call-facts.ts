/** What is told of a call that audit rules name beside the files that it names (call-files.ts): whom it is about, what its result means. */
import { NR } from '../../../host/libc.ts';
import { ERRNO } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import { PTRACE_ATTACH, PTRACE_SEIZE } from '../../../linux/process.ts';
import type { SyscallName } from '../../../linux/syscall-numbers.ts';
import { taskNumber } from '../access/task-state.ts';
import type { PidNamespaces } from '../caller/pid-namespaces.ts';
import type { Notification } from '../notification.ts';

const { EINTR } = ERRNO;
/** ERESTARTSYS to ERESTART_RESTARTBLOCK, which no program sees: audit says EINTR, but for ENOIOCTLCMD. */
const RESTARTS = { from: 512, to: 516, but: 515 };
/** By name: which argument is the process that gets a signal. */
const SIGNALLED: ReadonlyMap<SyscallName, number> = new Map([
  ['kill', 0],
  ['tkill', 0],
  ['tgkill', 1],
  ['rt_sigqueueinfo', 0],
  ['rt_tgsigqueueinfo', 1],
]);
/** Requests of ptrace(2) that are recorded with the process that they are about: audit_ptrace(). */
const ATTACHES: readonly number[] = [PTRACE_ATTACH, PTRACE_SEIZE];

/** The process of OBJ_PID; `undefined` = there is none. */
export function targetOf(
  name: SyscallName | undefined,
  context: { readonly call: Notification; readonly namespaces: PidNamespaces },
): Tid | undefined {
  const { call } = context;
  const argument = name === 'ptrace' && ATTACHES.includes(call.int(0)) ? 1 : name && SIGNALLED.get(name);
  const number = argument === undefined ? 0 : call.int(argument);
  return number > 0 ? taskNumber(context, number) : undefined;
}

export function executes(number: number): boolean {
  return number === NR.execve || number === NR.execveat;
}

/** It does not return. */
export function leaves(number: number): boolean {
  return number === NR.exit || number === NR.exit_group;
}

/** A result of the host's kernel as a record shows it. */
export function shownResult(result: number): number {
  const error = -result;
  return error >= RESTARTS.from && error <= RESTARTS.to && error !== RESTARTS.but ? -EINTR : result;
}
