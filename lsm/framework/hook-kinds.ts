/**
 * The ways in which a hook is called (security/security.c). The kind of a hook also says what it returns.
 */
import type { Errno, Result } from '../../linux/errno.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type { Task } from './task.ts';
import type { Decision } from './waiting-decision.ts';

/** A row of the table of hooks. */
export interface HookRow<Kind extends string, Args extends readonly unknown[], Answer> {
  readonly kind: Kind;
  /** Of the type alone: what a module implements. */
  readonly hook?: (...args: Args) => Answer;
}

/** LSM_RET_DEFAULT of a hook whose default is an error: the module says "not mine". */
export interface DefaultedHook {
  readonly default: Errno;
}

export type RefusingHook<Args extends readonly unknown[]> = HookRow<'refusing', Args, Errno | undefined>;
export type SleepingHook<Args extends readonly unknown[]> = HookRow<'sleeping', Args, Decision>;
export type MediatedHook<About> = HookRow<'mediated', [task: Task, about: About, caller: Caller], Errno | undefined>;
export type AnsweringHook<Args extends readonly unknown[], Value> = HookRow<'answering', Args, Result<Value>> &
  DefaultedHook;
export type CollectedHook<Args extends readonly unknown[], Answer> = HookRow<'collected', Args, Answer>;
export type NotifiedHook<Args extends readonly unknown[]> = HookRow<'notified', Args, void>;
export type SelectedHook<Args extends readonly unknown[], Answer> = HookRow<'selected', Args, Answer>;

/** Called until one module refuses; default 0, written `undefined`. */
export function refusing<Args extends readonly unknown[]>(): RefusingHook<Args> {
  return { kind: 'refusing' };
}

/** The same of a hook that may sleep: the task waits until somebody has answered (waiting-decision.ts), then the next module is called. */
export function sleeping<Args extends readonly unknown[]>(): SleepingHook<Args> {
  return { kind: 'sleeping' };
}

/**
 * As `refusing`, of a system call that is mediated (access/access.ts): the supervisor asks by the hook's name, and `about` is a
 * plain value that travels between threads, whose files are completed on the way.
 */
export function mediated<About>(): MediatedHook<About> {
  return { kind: 'mediated' };
}

/** Called until one module gives a value or an error of its own, other than the hook's default. One module may be asked alone, too. */
export function answering<Args extends readonly unknown[], Value>(notMine: Errno): AnsweringHook<Args, Value> {
  return { kind: 'answering', default: notMine };
}

/** Called in all modules, each of which adds to the answer. */
export function collected<Args extends readonly unknown[], Answer>(): CollectedHook<Args, Answer> {
  return { kind: 'collected' };
}

/** Called in all modules (`void` hooks). */
export function notified<Args extends readonly unknown[]>(): NotifiedHook<Args> {
  return { kind: 'notified' };
}

/** Called in one module, chosen by its id. */
export function selected<Args extends readonly unknown[], Answer>(): SelectedHook<Args, Answer> {
  return { kind: 'selected' };
}

/** The same with an answer for the case that no such module has the hook. */
export function selectedOr<Args extends readonly unknown[], Answer>(
  notMine: Errno,
): SelectedHook<Args, Answer> & DefaultedHook {
  return { kind: 'selected', default: notMine };
}
