/**
 * The processes of a world: who they are at this moment, as the host's kernel tells it and the stack has to know it.
 *
 * Before each decision the events that are queued are drained, so that forks and execs are seen in order (`refresh`), and
 * what the kernel says of a thread is read anew.
 */
import { RunningPrograms } from '../../host/process/running-program.ts';
import { type Tgid, type Tid, tgidOf } from '../../linux/ids.ts';
import type { OpenFile } from '../../lsm/framework/access/file-access.ts';
import type { ExecFile } from '../../lsm/framework/events.ts';
import type { Task } from '../../lsm/framework/task.ts';
import type { Stack } from '../../lsm/library/index.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import { WorldError } from '../errors.ts';
import { ourNumber, type ProcessNumber } from '../registry/pid-namespace.ts';
import type { Post } from '../supervisor/post.ts';
import type { ExecInDoubt } from '../supervisor/protocol/exec-in-doubt.ts';
import type { ProgramAnnouncements } from '../supervisor/protocol/program-announcements.ts';
import { createTracker } from '../tracking/index.ts';
import type { ProcessTracker, TrackerSink } from '../tracking/tracker.ts';
import type { AbnormalEnds } from './audit/abnormal-ends.ts';
import { AnnouncedPrograms } from './facts/executions.ts';
import { joinedThreads } from './facts/joined-threads.ts';
import type { ProcFacts } from './facts/process-facts.ts';

export interface MembersInit {
  readonly stack: Stack;
  readonly facts: ProcFacts;
  readonly announcements: ProgramAnnouncements;
  /** A program was executed that nobody was asked about: answers given before may be wrong now. */
  unexpected(): void;
  readonly abnormalEnds: AbnormalEnds;
  /** The last thread of a process is gone. @param waitStatus as of wait(2). */
  exited(pid: Tgid, waitStatus: number | undefined): void;
  trouble(text: string): void;
}

export class Members {
  readonly tracker: ProcessTracker;
  readonly #stack: Stack;
  readonly #facts: ProcFacts;
  readonly #executions: AnnouncedPrograms;
  /** Threads of ours that make requests for others. */
  readonly #ownThreads = new Set<Tid>();

  constructor({ stack, facts, announcements, abnormalEnds, unexpected, exited, trouble }: MembersInit) {
    this.#executions = new AnnouncedPrograms(announcements, new RunningPrograms());
    this.#stack = stack;
    this.#facts = facts;
    const sink: TrackerSink = {
      event: (event) => {
        facts.forget();
        if (event.kind === 'exec' && !this.#executions.expects(event.tid)) unexpected();
        const isStranger =
          event.kind === 'enter' || (event.kind === 'fork' && stack.tasks.find(event.parent) === undefined);
        const completed = this.#executions.complete(event);
        stack.apply(completed);
        abnormalEnds.observe(completed);
        if (isStranger) announcements.moveGeneration();
      },
      knowsProgram: (pid) => this.#executions.expects(pid),
      dumps: (tid) => abnormalEnds.dumps(tid),
      changes: (tid, tgid, change) => abnormalEnds.changes(tid, tgid, change),
      ends: (tid, status) => abnormalEnds.ends(tid, status),
      exited: (pid, waitStatus) => {
        this.#executions.ended(pid);
        abnormalEnds.forget(pid);
        exited(pid, waitStatus);
      },
      log: trouble,
    };
    this.tracker = createTracker(sink);
    stack.tasks.beforeDiffering = ({ tid, process }) => this.tracker.differ?.(tid, process.tgid);
    facts.beforeLook = (tid) => this.tracker.look?.(tid);
    // A thread that was announced belongs to the process that it was announced with.
    facts.processOf = (tid) => {
      if (this.#ownThreads.has(tid)) return tgidOf(process.pid);
      return this.tracker.has(tid) ? stack.tasks.find(tid)?.process.tgid : undefined;
    };
  }

  /** Before every decision. */
  refresh(): void {
    this.#facts.forget();
    this.tracker.drain();
  }

  /** As {@link refresh}, for a second request of one system call: its caller still waits, so what was read of it is still true. */
  catchUp(): void {
    this.tracker.drain();
  }

  /** Is it a thread of ours that makes requests for others? */
  isOwn(tid: Tid): boolean {
    return this.#ownThreads.has(tid);
  }

  /** Makes the process tracker look this thread up, which may be a stranger: only the image of a member makes it a lost one. */
  refreshTask(tid: Tid): void {
    this.refresh();
    this.tracker.look?.(tid);
  }

  /** The identity that a thread acts with at this moment. To be asked after `refresh`. */
  caller(tid: Tid): Caller | undefined {
    this.tracker.refresh(tid);
    return this.#facts.caller(tid);
  }

  /** Brings the tracker up to date for the thread whose request is handled now. */
  acting(tid: Tid): void {
    this.tracker.refresh(tid);
    this.#stack.audit.acting(this.#stack.tasks.find(tid));
  }

  /** Process ids, ascending. */
  processes(): Tgid[] {
    this.refresh();
    this.tracker.sweep();
    return [...this.tracker.processes()].sort((a, b) => a - b);
  }

  /** @throws WorldError when it is none of ours. */
  task(process: ProcessNumber): Task {
    this.refresh();
    const task = this.#stack.tasks.find(ourNumber(process) ?? tgidOf(0));
    if (task === undefined)
      throw new WorldError('unknown-process', `There is no process ${process.pid} in that world.`);
    return task;
  }

  /** The exec event to come of this process is about this file. */
  expectExec(caller: Caller, file: ExecFile): void {
    this.#executions.expect(caller.tgid, file, caller.tid);
  }

  expectsExec(tgid: Tgid): boolean {
    return this.#executions.expects(tgid);
  }

  /**
   * It may: is it the same for all, so that a supervisor's thread need not ask again while nothing changes?
   * @param changes it may change what the modules judge the caller by. To be told before the call goes on.
   * @returns the number by which it is announced then.
   */
  repeatable(caller: Caller, file: ExecFile, changes: boolean): number | undefined {
    // Any other thread takes the place of the first one, whose label may be another.
    if (changes || caller.tid !== caller.tgid) this.#executions.changes(caller.tgid, caller.tid);
    else if (this.keepLabels && this.#stack.files.execIsAlike(file, caller)) return this.#executions.remember(file);
    return undefined;
  }

  /** Is each process known once it is there? */
  get hearsInTime(): boolean {
    return this.tracker.method === 'proc-connector';
  }

  /** Is it known that no change of a label is under way? */
  get keepLabels(): boolean {
    return this.hearsInTime && !this.#executions.areChanging;
  }

  /** What {@link keepLabels} waits for, where it is to be looked for now. */
  get execsInDoubt(): readonly ExecInDoubt[] {
    return this.hearsInTime ? this.#executions.inDoubt() : [];
  }

  execFailed(exec: ExecInDoubt): void {
    this.#executions.failed(exec);
  }

  /** @returns a function that says so again of what is expected now, for a call that is held. */
  expectAgain(tgid: Tgid): () => void {
    const again = this.#executions.again(tgid);
    return () => {
      this.tracker.drain();
      again();
    };
  }

  /** It inherits these. @returns what is expected to run. */
  expectInherited(tgid: Tgid, open: readonly OpenFile[]): ExecFile | undefined {
    return this.#executions.inherits(tgid, open);
  }

  /** To be called before a thread changes its label: its siblings and children must be tracked with the old one. */
  beforeRelabel(tid: Tid): void {
    if (this.tracker.method === 'notifications') this.tracker.processCall('relabel', tid);
    this.#endThreads(tid);
  }

  /** Requests of a supervisor's thread to our filesystems are made on behalf of callers: see {@link isOwn}. */
  async knowThread({ serving, ended }: Pick<Post, 'ended' | 'serving'>): Promise<void> {
    const tid = await serving.catch(() => undefined);
    if (tid === undefined) return;
    this.#ownThreads.add(tid);
    await ended;
    this.#ownThreads.delete(tid);
  }

  /** See joined-threads.ts. */
  #endThreads(tid: Tid): void {
    const threads = this.#stack.tasks.find(tid)?.process.threads;
    if (threads === undefined) return;
    const joined = joinedThreads(threads.keys(), tid, (other) => this.#facts.isEnding(other));
    for (const other of joined) this.#stack.apply({ kind: 'exit', tid: other });
  }
}
