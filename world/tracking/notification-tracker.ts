/**
 * Process tracking without the proc connector: from notified execve and exit_group calls and from /proc, looked at when it matters.
 *
 * Model: a thread is looked up when it makes a request (`settle`). One that is not known descends from a member: its
 * chain of parents is adopted from the top down. Before a process may change or announces that it leaves (exec,
 * exit_group) its children are adopted, while it can still be seen to be their parent. An orphan that nobody saw is a
 * fork of the member whose program image it still has. A changed fingerprint tells that an exec has happened; because
 * every execve is announced and settles the one before it, none in a chain is missed. Limits: an orphan of a process
 * that is forgotten already counts as a child of the world's first process; ends are noticed late, and why a process
 * ended is known only of those that called exit_group under a filter that announces it.
 */
import { Fingerprints } from './fingerprint.ts';
import { Members } from './members.ts';
import { childrenOf, isFiltered, parentOf, programOf, startTimeOf, tgidOf, threadsOf } from './proc-tree.ts';
import type { ProcessCall, ProcessTracker, TrackerSink } from './tracker.ts';

export interface ProcessLook {
  threadsOf(pid: number): readonly number[];
  childrenOf(pid: number): readonly number[];
  parentOf(pid: number): number | undefined;
  tgidOf(tid: number): number | undefined;
  programOf(pid: number): string | undefined;
  /** Names one process for ever together with its id. */
  startTimeOf(pid: number): string | undefined;
  fingerprintOf(pid: number): string | undefined;
  /** Does it run under a seccomp filter? All of a world do. */
  isFiltered(pid: number): boolean;
}

interface Known {
  readonly startTime: string | undefined;
  fingerprint: string | undefined;
  /** As waitpid(2) has it, for one that is about to exit. */
  waitStatus?: number;
}

const SWEEP_INTERVAL_MS = 1000;

export class NotificationTracker implements ProcessTracker {
  readonly method = 'notifications';
  readonly #sink: TrackerSink;
  readonly #look: ProcessLook;
  readonly #members = new Members();
  readonly #known = new Map<number, Known>();
  #first: number | undefined;
  #lastSweep = performance.now();

  constructor(sink: TrackerSink, look: ProcessLook = lookAtProc()) {
    this.#sink = sink;
    this.#look = look;
  }

  enter(pid: number): void {
    this.#first ??= pid;
    if (this.#members.hasProcess(pid)) return;
    this.#remember(pid);
    for (const tid of this.#look.threadsOf(pid)) {
      this.#members.add(tid, pid);
      this.#sink.event({ kind: 'enter', task: { tid, tgid: pid } });
    }
  }

  drain(): void {
    if (performance.now() - this.#lastSweep < SWEEP_INTERVAL_MS) return;
    this.#lastSweep = performance.now();
    this.sweep();
  }

  /** Notices who has ended. */
  sweep(): void {
    for (const pid of [...this.#members.processes()]) {
      const threads = new Set(this.#isSame(pid) ? this.#look.threadsOf(pid) : []);
      for (const tid of [...this.#members.threads(pid)]) if (!threads.has(tid)) this.#exit(tid);
    }
  }

  settle(tid: number): void {
    this.#settle(tid, (pid) => this.#adoptOrphan(pid));
  }

  look(tid: number): void {
    this.#settle(tid, () => undefined);
  }

  #settle(tid: number, withoutMember: (pid: number) => void): void {
    this.drain();
    const pid = this.#look.tgidOf(tid);
    if (pid === undefined || pid === process.pid) return; // our own threads make requests for others
    if (this.#members.hasProcess(pid) && !this.#isSame(pid)) this.#forget(pid);
    if (!this.#members.hasProcess(pid)) this.#adoptChain(pid, withoutMember);
    if (!this.#members.hasProcess(pid)) return; // a stranger
    if (!this.#members.has(tid)) this.#fork(pid, tid, pid);
    this.#noticeExec(pid);
  }

  processCall(call: ProcessCall, tid: number, code?: number): void {
    this.settle(tid);
    if (call === 'other') return;
    const pid = this.#members.tgid(tid);
    if (pid === undefined) return;
    if (call === 'relabel') {
      for (const thread of this.#look.threadsOf(pid)) if (!this.#members.has(thread)) this.#fork(pid, thread, pid);
    }
    this.#adoptChildren(pid);
    const known = this.#known.get(pid);
    if (known !== undefined && code !== undefined) known.waitStatus = (code & 0xff) << 8;
  }

  has(tid: number): boolean {
    return this.#members.has(tid);
  }

  tasks(): Iterable<number> {
    return this.#members.tids();
  }

  processes(): Iterable<number> {
    return this.#members.processes();
  }

  close(): void {
    this.#known.clear();
  }

  /** From the nearest ancestor that is a member down to `pid`. @param withoutMember when there is none. */
  #adoptChain(pid: number, withoutMember: (pid: number) => void): void {
    const chain = [pid];
    let parent = this.#look.parentOf(pid);
    while (parent !== undefined && parent > 0 && !this.#members.hasProcess(parent)) {
      chain.push(parent);
      parent = this.#look.parentOf(parent);
    }
    if (parent === undefined || parent === 0) withoutMember(pid);
    else for (let maker = parent; chain.length > 0; ) maker = this.#adopt(chain.pop() ?? pid, maker);
  }

  #adoptOrphan(pid: number): void {
    if (!this.#look.isFiltered(pid)) return;
    const maker = this.#withImage(this.#look.fingerprintOf(pid));
    if (maker !== undefined) this.#adopt(pid, maker);
    else if (this.#first !== undefined && this.#members.hasProcess(this.#first)) this.#adopt(pid, this.#first);
    else this.enter(pid);
  }

  /** The latest member that runs or ran this program image when it was last looked at. */
  #withImage(fingerprint: string | undefined): number | undefined {
    if (fingerprint === undefined) return undefined;
    return [...this.#known].findLast(([, known]) => known.fingerprint === fingerprint)?.[0];
  }

  #adoptChildren(pid: number): void {
    for (const child of this.#look.childrenOf(pid)) if (!this.#members.hasProcess(child)) this.#adopt(child, pid);
  }

  /** A fork shares its parent's fingerprint, so that an exec since then shows at once. */
  #adopt(pid: number, parent: number): number {
    this.#known.set(pid, {
      startTime: this.#look.startTimeOf(pid),
      fingerprint: this.#known.get(parent)?.fingerprint,
    });
    this.#fork(parent, pid, pid);
    this.#noticeExec(pid);
    return pid;
  }

  #fork(parent: number, tid: number, tgid: number): void {
    const threads = this.#members.threads(parent);
    const maker = threads.has(parent) ? parent : ([...threads][0] ?? parent);
    this.#members.add(tid, tgid);
    this.#sink.event({ kind: 'fork', parent: maker, child: { tid, tgid } });
  }

  #noticeExec(pid: number): void {
    const known = this.#known.get(pid);
    const now = this.#look.fingerprintOf(pid);
    if (known === undefined || now === undefined || now === known.fingerprint) return;
    const first = known.fingerprint === undefined;
    known.fingerprint = now;
    if (first) return;
    for (const tid of [...this.#members.threads(pid)]) if (tid !== pid) this.#members.remove(tid);
    this.#members.add(pid, pid);
    const path = this.#look.programOf(pid);
    this.#sink.event({ kind: 'exec', tid: pid, ...(path !== undefined && { file: { path } }) });
  }

  #remember(pid: number): void {
    this.#known.set(pid, {
      startTime: this.#look.startTimeOf(pid),
      fingerprint: this.#look.fingerprintOf(pid),
    });
  }

  #isSame(pid: number): boolean {
    const startTime = this.#look.startTimeOf(pid);
    return startTime !== undefined && startTime === this.#known.get(pid)?.startTime;
  }

  #forget(pid: number): void {
    for (const tid of [...this.#members.threads(pid)]) this.#exit(tid);
  }

  #exit(tid: number): void {
    const process = this.#members.remove(tid);
    this.#sink.event({ kind: 'exit', tid });
    if (process === undefined) return;
    const status = this.#known.get(process)?.waitStatus;
    this.#known.delete(process);
    this.#sink.exited?.(process, status);
  }
}

function lookAtProc(): ProcessLook {
  const fingerprints = new Fingerprints();
  return {
    threadsOf,
    childrenOf,
    parentOf,
    tgidOf,
    programOf,
    startTimeOf,
    isFiltered,
    fingerprintOf: (pid) => fingerprints.of(pid),
  };
}
