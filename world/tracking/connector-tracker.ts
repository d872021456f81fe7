/**
 * Process tracking by the proc connector: exact, and without cost to the tracked processes.
 *
 * Model: the socket has the events of the whole host in order; those of the world are the descendants of the processes
 * that entered. The connector does not report which thread made a new thread (the event names the parent of the process)
 * nor, with CLONE_PARENT, which process made a new process. The former matters only where threads differ in their security state, and is
 * recorded then (thread-makers.ts). Who makes a sibling is told beforehand (siblings.ts). After a loss of events the tree is read
 * from /proc once.
 */

import type { Ring } from '../../host/process/connector-alarm.ts';
import type { ConnectorEvent } from '../../host/process/proc-connector.ts';
import type { Tgid, Tid } from '../../linux/ids.ts';
import { Siblings, type SiblingView } from './siblings.ts';
import { type NewThread, type Records, ThreadMakers } from './thread-makers.ts';
import { ThreadTable } from './thread-table.ts';
import type { ProcessCall, ProcessTracker, TrackerSink } from './tracker.ts';

/** Of the connector, or a test. */
export interface EventAlarm {
  /** Tells what these processes do from now on from what others do. */
  watch(processes: readonly Tgid[]): void;
  set(): void;
}

/** The source of events: the connector, or a test. */
export interface EventSource {
  next(): ConnectorEvent | undefined;
  /** Are there so many events that there may soon be too many? */
  isFilling(): boolean;
  hearChanges(): void;
  alarm(ring: Ring): EventAlarm;
  close(): void;
}

/** Reads of /proc; replaced in tests. */
export interface ProcessView extends SiblingView {
  /** A thread of this program: the supervisor's make requests on behalf of callers. */
  isOurs(tid: Tid): boolean;
  threadsOf(pid: Tgid): readonly Tid[];
  allProcesses(): readonly { readonly pid: Tgid; readonly parent: Tgid }[];
  programOf(pid: Tgid): string | undefined;
  /** Begins to record who makes threads; `undefined` where the kernel does not. */
  forkRecords(): Records | undefined;
}

type Fork = Extract<ConnectorEvent, { kind: 'fork' }>;

/** How often to look for new processes whose first forks were not watched. */
const LOOKS = 8;

export class ConnectorTracker implements ProcessTracker {
  readonly method = 'proc-connector';
  readonly #source: EventSource;
  readonly #sink: TrackerSink;
  readonly #view: ProcessView;
  readonly #members = new ThreadTable();
  readonly #siblings: Siblings;
  readonly #makers: ThreadMakers;
  /** Events from before the kernel recorded who makes threads; `changing`: the thread that has had another state since. */
  #early: { readonly event: ConnectorEvent; readonly changing: Tid }[] = [];
  #ring: Ring = () => undefined;
  /** How often a process was added. */
  #added = 0;

  constructor(source: EventSource, sink: TrackerSink, view: ProcessView) {
    this.#source = source;
    this.#sink = sink;
    this.#view = view;
    this.#siblings = new Siblings(view);
    this.#makers = new ThreadMakers(() => {
      const records = view.forkRecords();
      if (records === undefined)
        sink.log?.('makers of threads are not recorded: they count as made by the first thread');
      return records;
    });
  }

  enter(pid: Tgid): void {
    this.drain();
    this.#siblings.enter(pid);
    for (const tid of this.#view.threadsOf(pid)) {
      if (this.#members.has(tid)) continue;
      this.#add(tid, pid);
      this.#sink.event({ kind: 'enter', task: { tid, tgid: pid } });
    }
    this.#ring(true); // to be watched
  }

  drain(): void {
    for (let early = this.#early.shift(); early !== undefined; early = this.#early.shift())
      this.#take(early.event, early.changing);
    for (let event = this.#source.next(); event !== undefined; event = this.#source.next()) this.#take(event);
    if (this.#makers.awaitsAny) this.#settle(() => false);
  }

  /** What is queued by now may have no record; none of it was made by this thread, whose request is being handled. */
  differ(tid: Tid, tgid: Tgid): void {
    if (!this.#makers.differ(tgid)) return;
    for (let event = this.#source.next(); event !== undefined; event = this.#source.next())
      this.#early.push({ event, changing: tid });
  }

  alarm(ring: Ring): { set(): void; isFilling(): boolean } {
    this.#ring = ring;
    const alarm = this.#source.alarm(ring);
    const set = (): void => {
      this.drain();
      alarm.set();
      if (!this.#watchAll(alarm)) ring(true);
    };
    return { set, isFilling: () => this.#source.isFilling() };
  }

  hearChanges(): void {
    this.#source.hearChanges();
  }

  /** Ends are announced. */
  sweep(): void {
    this.drain();
  }

  /**
   * Every event that happened before a request is in the queue when the request arrives: `drain` has found it. But whom a process that
   * entered has made a child of its own parent, by clone3(2), of that no event tells.
   */
  refresh(tid: Tid): void {
    if (this.#makers.awaitsAny) this.#settle((thread) => thread.tid === tid);
    if (this.#members.has(tid) || this.#view.isOurs(tid)) return;
    const process = this.#view.processOf(tid);
    const maker = process && this.#siblings.enteredSiblingOf(process);
    if (process === undefined || maker === undefined) return;
    for (const thread of this.#view.threadsOf(process)) this.#adopt(thread, process, thread === tid ? maker : tid);
  }

  processCall(call: ProcessCall, tid: Tid): void {
    this.drain();
    const process = this.#members.tgid(tid);
    if (call === 'clone-parent' && process !== undefined) this.#siblings.expect(tid, process);
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
    this.#makers.close();
    this.#source.close();
  }

  /**
   * Whoever a watched process forks is noticed by that fork, and watched after the next drain. Only a process that was found just now may
   * have forked unseen before it was watched: so it is looked for once more.
   * @returns whether all are watched
   */
  #watchAll(alarm: EventAlarm): boolean {
    for (let look = 0; look < LOOKS; look++) {
      const before = this.#added;
      alarm.watch([...this.#members.processes()]);
      this.drain();
      if (this.#added === before) return true;
    }
    return false;
  }

  #add(tid: Tid, tgid: Tgid): void {
    if (!this.#members.hasProcess(tgid)) this.#added++;
    this.#members.add(tid, tgid);
  }

  /** @param changing see `#early` */
  #take(event: ConnectorEvent, changing?: Tid): void {
    if (this.#makers.awaitsAny) this.#settle((thread) => hasRun(thread, event));
    switch (event.kind) {
      case 'fork':
        this.#fork(event, changing);
        return;
      case 'exec':
        if (this.#members.hasProcess(event.tgid)) this.#exec(event.tgid);
        return;
      case 'change':
        if (this.#members.has(event.tid)) this.#sink.changes?.(event.tid, event.tgid, event.change);
        return;
      case 'dump':
        if (this.#members.has(event.tid)) this.#sink.dumps?.(event.tid, event.tgid);
        return;
      case 'exit':
        if (this.#members.has(event.tid)) this.#exit(event.tid, event.status);
        return;
      case 'overflow':
        this.#sink.log?.('process events were lost; reading /proc');
        this.#settle(() => true);
        this.#rescan();
    }
  }

  #fork(event: Fork, changing: Tid | undefined): void {
    const { parentTid, parentTgid, tid, tgid } = event;
    const thread = tid !== tgid;
    const sibling = thread ? undefined : this.#siblings.makerOf(tgid, parentTgid, this.#members.hasProcess(parentTgid));
    if (sibling === undefined && !this.#members.hasProcess(thread ? tgid : parentTgid)) return;
    const awaited = thread && changing === undefined && this.#makers.awaits(event);
    const maker = sibling ?? this.#representative(thread ? tgid : parentTgid, thread ? tgid : parentTid, changing);
    this.#add(tid, tgid);
    if (!awaited) this.#sink.event({ kind: 'fork', parent: maker, child: { tid, tgid } });
  }

  /** `wanted` if it is a living thread of the process, else one that is. @param except rather not this one */
  #representative(tgid: Tgid, wanted: Tid, except?: Tid): Tid {
    const threads = this.#members.threads(tgid);
    if (wanted !== except && threads.has(wanted)) return wanted;
    for (const tid of threads) if (tid !== except) return tid;
    return wanted;
  }

  /** @param overdue their makers are not awaited any longer */
  #settle(overdue: (thread: NewThread) => boolean): void {
    this.#makers.settle(({ tid, tgid }, maker) => {
      const parent = this.#representative(tgid, maker ?? tgid, tid);
      this.#sink.event({ kind: 'fork', parent, child: { tid, tgid } });
    }, overdue);
  }

  /** By now the kernel has ended the other threads and given the calling one the id of the leader. */
  #exec(tgid: Tgid): void {
    const threads = this.#members.threads(tgid);
    this.#makers.forget(tgid);
    // The old leader's exit was reported, the executing thread's is not: the remaining thread is that thread under its former id.
    const former = threads.has(tgid) ? undefined : [...threads][0];
    for (const tid of [...threads]) if (tid !== tgid) this.#members.remove(tid);
    this.#members.add(tgid, tgid);
    const path = this.#sink.knowsProgram?.(tgid) === true ? undefined : this.#view.programOf(tgid);
    this.#sink.event({
      kind: 'exec',
      tid: tgid,
      ...(former !== undefined && { formerTid: former }),
      ...(path !== undefined && { file: { path } }),
    });
  }

  #exit(tid: Tid, status: number | undefined): void {
    const process = this.#members.remove(tid);
    this.#siblings.forget(tid);
    if (status !== undefined) this.#sink.ends?.(tid, status);
    this.#sink.event({ kind: 'exit', tid });
    if (process === undefined) return;
    this.#makers.forget(process);
    this.#sink.exited?.(process, status);
  }

  /** Ended members, and descendants of members. An orphan whose parent ended in the gap cannot be recognised as a member. */
  #rescan(): void {
    const processes = this.#view.allProcesses();
    const alive = new Set(processes.map(({ pid }) => pid));
    for (const pid of [...this.#members.processes()]) {
      const threads = new Set(alive.has(pid) ? this.#view.threadsOf(pid) : []);
      for (const tid of [...this.#members.threads(pid)]) if (!threads.has(tid)) this.#exit(tid, undefined);
      for (const tid of threads) this.#adopt(tid, pid, this.#makers.makerOf(tid, pid) ?? pid);
    }
    for (let found = true; found; ) {
      found = false;
      for (const { pid, parent } of processes) {
        if (this.#members.hasProcess(pid) || !this.#members.hasProcess(parent)) continue;
        found = true;
        for (const tid of [pid, ...this.#view.threadsOf(pid)]) this.#adopt(tid, pid, tid === pid ? parent : pid);
      }
    }
  }

  #adopt(tid: Tid, tgid: Tgid, parent: Tid): void {
    if (this.#members.has(tid)) return;
    this.#add(tid, tgid);
    this.#sink.event({ kind: 'fork', parent, child: { tid, tgid } });
  }
}

/** Does the event tell that this thread has run? */
function hasRun({ tid, tgid }: NewThread, event: ConnectorEvent): boolean {
  if (event.kind === 'fork') return event.parentTid === tid;
  if (event.kind === 'exec') return event.tgid === tgid;
  return event.kind !== 'overflow' && event.tid === tid;
}
