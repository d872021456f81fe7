/**
 * Numbers that mean different things and must not be swapped. A brand exists for the compiler alone: the value is the
 * plain number, and goes wherever a number goes. A plain number becomes one where it comes in and its meaning is known:
 * the header of a FUSE request, a notification of seccomp, an argument of a system call, a line of /proc.
 */

declare const brand: unique symbol;
declare const leads: unique symbol;
export type Branded<Name extends string> = number & { readonly [brand]: Name };

/** A thread, by its number in our pid namespace; 0 = it is not visible there. */
export type Tid = Branded<'tid'>;
/** A thread group (a process), by its number there: that of its first thread, and so a `Tid` besides. */
export type Tgid = Tid & { readonly [leads]: true };
/** A descriptor of a caller, or AT_FDCWD, as it gave it to a system call. */
export type CallerFd = Branded<'caller fd'>;

export const tidOf = (number: number): Tid => number as Tid;
export const tgidOf = (number: number): Tgid => number as Tgid;
export const callerFd = (number: number): CallerFd => number as CallerFd;

/** Both numbers of a thread; without `tgid`, of the first one of a process. */
export const taskId = (tid: number, tgid = tid): { readonly tid: Tid; readonly tgid: Tgid } => ({
  tid: tidOf(tid),
  tgid: tgidOf(tgid),
});
