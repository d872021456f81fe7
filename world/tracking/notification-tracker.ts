/**
 * Process tracking without the proc connector: from notified execve and exit_group calls and from /proc, looked at
 * when it matters.
 *
 * Model: every execve is announced, and the first call that a process makes afterwards tells that it has happened,
 * because the fingerprint of the program image is another one then. So a task that is not known yet has never executed
 * anything: it still has the image in which it was forked, and so have all unknown tasks between it and the member
 * they descend from. A thread is looked up when it makes a request (`refresh`):
 *
 * - If one of its ancestors is a member, the chain of parents is adopted from there down.
 * - If a parent in between has ended, the host has given the orphan to init or a subreaper. The highest ancestor with
 *   the same image is then a fork of the latest member that has, or had when it was last looked at, this image and is
 *   not younger. Equal fingerprints, 16 random bytes of each exec, prove descent.
 * - If no member has that image, some member executed it, made no call in it, forked and ended: the latest that
 *   announced an execve and has no memory any more.
 *
 * Before a process may change or announces that it leaves (exec, exit_group, a new label) its children are adopted,
 * while it can still be seen to be their parent. Before ended members are forgotten, the orphans that have their
 * images are looked for in all of /proc.
 *
 * Limits: between members that share an image and differ in what modules know of them, the parent of an orphan is a
 * guess. Ends are noticed late, and why a process ended is known only of those that called exit_group under a filter
 * that announces it.
 */
import { type Tgid, type Tid, tgidOf } from '../../linux/ids.ts';
import type { ProcessLook } from './process-look.ts';
import { ThreadTable } from './thread-table.ts';
import type { ProcessCall, ProcessTracker, TrackerSink } from './tracker.ts';

interface TrackedProcess {
  readonly startTime: string | undefined;
  fingerprint: string | undefined;
  /** It announced an execve and has made no call since. */
  executes?: boolean;
  /** As waitpid(2) has it, for one that is about to exit. */
  waitStatus?: number;
}

/** Finds the member that forked a process without members among its ancestors. */
type MakerOfOrphan = (pid: Tgid, fingerprint: string | undefined) => Tgid | undefined;

const SWEEP_INTERVAL_MS = 1000;

export class NotificationTracker implements ProcessTracker {
  readonly method = 'notifications';
  readonly #sink: TrackerSink;
  readonly #look: ProcessLook;
  readonly #members = new ThreadTable();
  readonly #known = new Map<Tgid, TrackedProcess>();
  #first: Tgid | undefined;
  /** Processes that were found not to be members in the last search for orphans. */
  #strangers = new Set<Tgid>();
  #lastSweep = performance.now();

  constructor(sink: TrackerSink, look: ProcessLook) {
    this.#sink = sink;
    this.#look = look;
  }

  enter(pid: Tgid): void {
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

  /** Finds members that have ended. */
  sweep(): void {
    const ended: Tid[] = [];
    for (const pid of this.#members.processes()) {
      const threads = new Set(this.#isSame(pid) ? this.#look.threadsOf(pid) : []);
      for (const tid of this.#members.threads(pid)) if (!threads.has(tid)) ended.push(tid);
    }
    if (ended.some((tid) => this.#known.has(tgidOf(tid)))) this.#findOrphans();
    for (const tid of ended) this.#exit(tid);
  }

  /** Adopts orphans of members among all processes. One that gets a stranger's former number is found at its next request. */
  #findOrphans(): void {
    const strangers = new Set<Tgid>();
    for (const pid of this.#look.processIds()) {
      if (this.#members.hasProcess(pid)) continue;
      if (!this.#strangers.has(pid) && pid !== process.pid && this.#look.isFiltered(pid)) {
        this.#adoptChain(pid, (top, fingerprint) => this.#orphanWithImage(top, fingerprint));
      }
      if (!this.#members.hasProcess(pid)) strangers.add(pid);
    }
    this.#strangers = strangers;
  }

  refresh(tid: Tid): void {
    this.#refresh(tid, (pid, fingerprint) => this.#makerOfOrphan(pid, fingerprint));
    const known = this.#known.get(this.#members.tgid(tid) ?? tgidOf(tid));
    if (known !== undefined) known.executes = false;
  }

  look(tid: Tid): void {
    this.#refresh(tid, (pid, fingerprint) => this.#orphanWithImage(pid, fingerprint));
  }

  #refresh(tid: Tid, makerOfOrphan: MakerOfOrphan): void {
    this.drain();
    const pid = this.#look.processOf(tid);
    if (pid === undefined || pid === process.pid) return; // our own threads make requests for others
    if (this.#members.hasProcess(pid) && !this.#isSame(pid)) this.#forget(pid);
    if (!this.#members.hasProcess(pid)) this.#adoptChain(pid, makerOfOrphan);
    if (!this.#members.hasProcess(pid)) return; // a stranger
    if (!this.#members.has(tid)) this.#fork(pid, tid, pid);
    this.#noticeExec(pid);
  }

  processCall(call: ProcessCall, tid: Tid, code?: number): void {
    this.refresh(tid);
    if (call === 'other') return;
    const pid = this.#members.tgid(tid);
    if (pid === undefined) return;
    if (call === 'relabel') {
      for (const thread of this.#look.threadsOf(pid)) if (!this.#members.has(thread)) this.#fork(pid, thread, pid);
    }
    this.#adoptChildren(pid);
    const known = this.#known.get(pid);
    if (known !== undefined && call === 'execve') known.executes = true;
    if (known !== undefined && code !== undefined) known.waitStatus = (code & 0xff) << 8;
  }

  has(tid: Tid): boolean {
    return this.#members.has(tid);
  }

  tasks(): Iterable<Tid> {
    return this.#members.tids();
  }

  processes(): Iterable<Tgid> {
    return this.#members.processes();
  }

  close(): void {
    this.#known.clear();
  }

  /** From the nearest ancestor that is a member down to `pid`. */
  #adoptChain(pid: Tgid, makerOfOrphan: MakerOfOrphan): void {
    const chain = [pid];
    let parent = this.#look.parentOf(pid);
    while (parent !== undefined && parent > 0 && !this.#members.hasProcess(parent)) {
      chain.push(parent);
      parent = this.#look.parentOf(parent);
    }
    let maker: Tgid | undefined;
    if (parent === undefined || parent === 0) {
      const fingerprint = this.#look.fingerprintOf(pid);
      const foreign = chain.findIndex((one) => one !== pid && !this.#isFork(one, fingerprint));
      if (foreign > 0) chain.length = foreign;
      maker = makerOfOrphan(chain.at(-1) ?? pid, fingerprint);
    } else {
      maker = parent;
      this.#noticeExec(maker);
    }
    if (maker === undefined) return;
    for (const one of chain.reverse()) maker = this.#members.hasProcess(one) ? one : this.#adopt(one, maker);
  }

  #isFork(pid: Tgid, fingerprint: string | undefined): boolean {
    return fingerprint !== undefined && this.#look.isFiltered(pid) && this.#look.fingerprintOf(pid) === fingerprint;
  }

  #makerOfOrphan(pid: Tgid, fingerprint: string | undefined): Tgid | undefined {
    if (!this.#look.isFiltered(pid)) return undefined;
    const maker = this.#withImage(pid, fingerprint) ?? this.#endedUnseen(pid, fingerprint);
    if (maker !== undefined) return maker;
    if (this.#first !== undefined && this.#members.hasProcess(this.#first)) return this.#first;
    this.enter(pid);
    return pid;
  }

  #orphanWithImage(pid: Tgid, fingerprint: string | undefined): Tgid | undefined {
    return this.#look.isFiltered(pid) ? this.#withImage(pid, fingerprint) : undefined;
  }

  /** The latest member that runs or ran this program image when it was last looked at. */
  #withImage(pid: Tgid, fingerprint: string | undefined): Tgid | undefined {
    if (fingerprint === undefined) return undefined;
    const start = Number(this.#look.startTimeOf(pid));
    return [...this.#known].findLast(
      ([, known]) => known.fingerprint === fingerprint && !(Number(known.startTime) > start),
    )?.[0];
  }

  /** The latest member that announced an execve and ended before a call of the new program: the orphan has that program. */
  #endedUnseen(pid: Tgid, fingerprint: string | undefined): Tgid | undefined {
    if (fingerprint === undefined) return undefined;
    const [maker, known] =
      [...this.#known].findLast(
        ([one, { executes }]) => executes === true && this.#look.fingerprintOf(one) === undefined,
      ) ?? [];
    if (maker === undefined || known === undefined) return undefined;
    this.#executed(maker, known, fingerprint, this.#look.programOf(pid));
    return maker;
  }

  #adoptChildren(pid: Tgid): void {
    for (const child of this.#look.childrenOf(pid)) if (!this.#members.hasProcess(child)) this.#adopt(child, pid);
  }

  /** A fork shares its parent's fingerprint, so that an exec since then shows at once. */
  #adopt(pid: Tgid, parent: Tgid): Tgid {
    this.#known.set(pid, {
      startTime: this.#look.startTimeOf(pid),
      fingerprint: this.#known.get(parent)?.fingerprint,
    });
    this.#fork(parent, pid, pid);
    this.#noticeExec(pid);
    return pid;
  }

  #fork(parent: Tgid, tid: Tid, tgid: Tgid): void {
    const threads = this.#members.threads(parent);
    const maker = threads.has(parent) ? parent : ([...threads][0] ?? parent);
    this.#members.add(tid, tgid);
    this.#sink.event({ kind: 'fork', parent: maker, child: { tid, tgid } });
  }

  #noticeExec(pid: Tgid): void {
    const known = this.#known.get(pid);
    const now = this.#look.fingerprintOf(pid);
    if (known === undefined || now === undefined || now === known.fingerprint) return;
    if (known.fingerprint === undefined) known.fingerprint = now;
    else this.#executed(pid, known, now, this.#look.programOf(pid));
  }

  #executed(pid: Tgid, known: TrackedProcess, fingerprint: string, path: string | undefined): void {
    known.fingerprint = fingerprint;
    known.executes = false;
    for (const tid of [...this.#members.threads(pid)]) if (tid !== pid) this.#members.remove(tid);
    this.#members.add(pid, pid);
    this.#sink.event({ kind: 'exec', tid: pid, ...(path !== undefined && { file: { path } }) });
  }

  #remember(pid: Tgid): void {
    this.#known.set(pid, {
      startTime: this.#look.startTimeOf(pid),
      fingerprint: this.#look.fingerprintOf(pid),
    });
  }

  #isSame(pid: Tgid): boolean {
    const startTime = this.#look.startTimeOf(pid);
    // One whose start time cannot be told is there: its execve(2) has not come to its end.
    return startTime === undefined ? this.#look.processOf(pid) === pid : startTime === this.#known.get(pid)?.startTime;
  }

  #forget(pid: Tgid): void {
    for (const tid of [...this.#members.threads(pid)]) this.#exit(tid);
  }

  #exit(tid: Tid): void {
    const process = this.#members.remove(tid);
    this.#sink.event({ kind: 'exit', tid });
    if (process === undefined) return;
    const status = this.#known.get(process)?.waitStatus;
    this.#known.delete(process);
    this.#sink.exited?.(process, status);
  }
}
