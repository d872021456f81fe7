/**
 * Process tracking: which tasks belong to a world and what happened to them.
 *
 * Model: a tracker turns events of the host into `ProcessEvent`s of the world's tasks only, in the order in which they happened. A world
 * starts with a root process (`enter`); children and threads follow by fork events. `drain` is called before every decision: after it the
 * sink has seen everything that happened before the request being decided was made.
 */
import type { ProcessChange } from '../../host/process/proc-connector.ts';
import type { Tgid, Tid } from '../../linux/ids.ts';
import type { ProcessEvent } from '../../lsm/framework/events.ts';

export interface ProcessTracker {
  /** `proc-connector` sees everything; `notifications` needs the supervisor to report execve and exit_group. */
  readonly method: 'proc-connector' | 'notifications';
  /** A process from outside joins with all its threads. Thread ids are those of the daemon's pid namespace. */
  enter(pid: Tgid): void;
  /** Deliver what is pending. Never blocks. */
  drain(): void;
  /**
   * Calls `ring` when something is pending, once or twice each time that it is set: `ours` when it may be about the world, else because the
   * queue must not grow forever: where it `isFilling`, they are to be delivered soon. Absent = the owner has to poll. To set it drains.
   */
  alarm?(ring: (ours: boolean) => void): { set(): void; isFilling(): boolean };
  /** From now on the sink is told of changes of ids and names. Absent = it is told of none. */
  hearChanges?(): void;
  /** Deliver what is pending, and find tasks that have ended. */
  sweep(): void;
  /** After `drain`: makes sure that this thread, which is about to be decided on, is known as it is now. */
  refresh(tid: Tid): void;
  /** The same for a thread that another one looks at; it may not be a member. Absent = `drain` is enough. */
  look?(tid: Tid): void;
  /** Reports a notified call before it happens; `code` is the argument of exit_group(2). The proc connector needs `clone-parent` only. */
  processCall(call: ProcessCall, tid: Tid, code?: number): void;
  /** This thread, whose request is being handled, is about to get another state than those that it shares a process with. */
  differ?(tid: Tid, tgid: Tgid): void;
  has(tid: Tid): boolean;
  /** Thread ids of the world. */
  tasks(): Iterable<Tid>;
  /** Process ids of the world. */
  processes(): Iterable<Tgid>;
  close(): void;
}

/**
 * `clone-parent`: makes a process whose parent is its own.
 * `relabel`: may change the label of the thread, which its existing children and siblings do not get.
 * `other`: any other call that is decided on.
 */
export type ProcessCall = 'clone-parent' | 'execve' | 'exit_group' | 'relabel' | 'other';

export interface TrackerSink {
  event(event: ProcessEvent): void;
  /** Is the file known that this process is about to execute? Then nobody looks which it was. */
  knowsProgram?(pid: Tgid): boolean;
  /** A signal begins to end this process in this thread as one that dumps core. Absent events: where the host does not tell. */
  dumps?(tid: Tid, tgid: Tgid): void;
  /** Its ids, or the name of the thread, are now these; only after `hearChanges`. */
  changes?(tid: Tid, tgid: Tgid, change: ProcessChange): void;
  /** To be told before the event of its end. `status` as of waitpid(2): that of its process, where a signal ends it. */
  ends?(tid: Tid, status: number): void;
  /** The last thread of a process has ended. `status` as of waitpid(2), where the host reports it. */
  exited?(pid: Tgid, status: number | undefined): void;
  log?(text: string): void;
}
