/**
 * A supervised system call: when the kernel notifies it, and what answers it then.
 */
import type { ArgumentTest } from '../../../host/seccomp/bpf.ts';
import type { SyscallName } from '../../../linux/syscall-numbers.ts';
import type { Handler } from '../context.ts';
import type { Feature } from '../features.ts';

export interface SupervisedCall {
  readonly name: SyscallName;
  /** What it is supervised for: notified in worlds that need this. */
  readonly when: Feature;
  /** All of these must hold of the arguments; absent = whatever they are. */
  readonly rule?: readonly ArgumentTest[];
  /**
   * Absent = the call goes on; loop.ts does what is to be done before and after. A call has one handler, whatever it is
   * notified for, and another one for what is mediated, which comes first: a handler cannot tell which rule it was that
   * held.
   */
  readonly handle?: Handler;
}

/** Calls that are notified whatever their arguments are. */
export function always(when: Feature, handlers: Partial<Record<SyscallName, Handler>>): readonly SupervisedCall[] {
  return Object.entries(handlers).map(([name, handle]) => ({ name: name as SyscallName, when, handle }));
}
