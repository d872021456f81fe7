/**
 * A supervised system call: when the kernel notifies it, and what answers it then.
 */
import type { ArgumentTest } from '../../../host/seccomp/bpf.ts';
import type { SyscallName } from '../../../linux/syscall-numbers.ts';
import type { Handler } from '../context.ts';
import type { Feature, MediateFeature } from '../features.ts';

export interface SupervisedCall {
  readonly name: SyscallName;
  /** The feature: the call is notified in worlds that need it. */
  readonly when: Feature;
  /** Tests of the arguments, all of which must hold; absent = always notified. */
  readonly rule?: readonly ArgumentTest[];
  /**
   * Absent = the kernel continues; loop.ts does the work before and after. A call has one handler for all its features,
   * and one for mediation, which runs first: a handler cannot tell which rule of the filter matched.
   */
  readonly handle?: Handler;
  /** A mediated call that is looked at although no policy was loaded yet: what it makes has its maker's label. */
  readonly labels?: true;
}

/** Calls that are notified for all arguments. */
export function always(when: Feature, handlers: Partial<Record<SyscallName, Handler>>): readonly SupervisedCall[] {
  return Object.entries(handlers).map(([name, handle]) => ({ name: name as SyscallName, when, handle }));
}

const ALL_BITS = 0xffffffff;

/** A call that is notified when one of these arguments is not 0: numbers of processes, pointers. */
export function unlessNull(
  when: Feature,
  name: SyscallName,
  args: readonly number[],
  handle: Handler,
): readonly SupervisedCall[] {
  const rules = args.flatMap((argument): readonly ArgumentTest[] => [
    { argument, has: ALL_BITS },
    { argument, hasHigh: ALL_BITS },
  ]);
  return rules.map((rule) => ({ name, when, rule: [rule], handle }));
}

/** Families of which answers are remembered for a caller (access/subjects.ts): what changes the caller is notified, too. */
export const REMEMBERING: readonly MediateFeature[] = [
  'mediate-files',
  'mediate-stat',
  'mediate-sockets',
  'mediate-content',
  'mediate-memory',
  'mediate-ioctl',
  'mediate-ipc',
  'mediate-mounts',
  'mediate-capabilities',
];
