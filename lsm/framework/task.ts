/**
 * Tasks and the per-module state attached to them.
 *
 * A task is a thread, as in the kernel. Threads of one process share a `Process`, whose `mm` names its address space: a
 * number that changes at exec and is shared after vfork or CLONE_VM (used by the "same mm as at open" rule of attr
 * files). Blobs are owned by the core: allocated when the task appears, copied at fork, dropped at exit; a module sees
 * them only through the `TaskBlob` it was given.
 */
import { type Tgid, type Tid, tgidOf, tidOf } from '../../linux/ids.ts';
import type { TaskId } from './events.ts';

export class Process {
  readonly tgid: Tgid;
  mm: number;
  readonly threads = new Map<Tid, Task>();
  constructor(tgid: Tgid, mm: number) {
    this.tgid = tgid;
    this.mm = mm;
  }
}

export class Task {
  /** Changes once at most: when a thread that is not the leader calls execve, it takes over the leader's id. */
  tid: Tid;
  readonly process: Process;
  /** One slot per registered blob; index = slot number. */
  readonly blobs: unknown[] = [];
  /** Others have looked at it; it has made no call itself, as those have not that no world is about. */
  isOutside = false;
  constructor(tid: Tid, process: Process) {
    this.tid = tid;
    this.process = process;
  }
}

/** A task that is in no table: the state of every module as it is now. Modules replace their state, they do not change it. */
export function snapshot(task: Task): Task {
  const copy = new Task(task.tid, task.process);
  copy.blobs.push(...task.blobs);
  return copy;
}

/** Limit of remembered zombies. */
const ZOMBIE_LIMIT = 1024;

interface Slot {
  readonly initial: () => unknown;
  readonly fork: (parent: unknown) => unknown;
}

/** Typed access to one module's state in a task. */
export interface TaskBlob<T> {
  of(task: Task): T;
  set(task: Task, value: T): void;
}

export interface TaskEvents {
  /** The task runs no more. */
  exited?(task: Task): void;
  /** Nothing is known of it any more. */
  freed?(task: Task): void;
}

export class TaskTable {
  readonly #tasks = new Map<Tid, Task>();
  readonly #processes = new Map<Tgid, Process>();
  /** Leaders that exited: their attributes can be read until they are reaped, which is not reported. Oldest first. */
  readonly #zombies = new Map<Tid, Task>();
  readonly #slots: Slot[] = [];
  readonly #events: TaskEvents;
  #nextMm = 1;
  /** A process that makes calls and is no part of the world: the one that serves it. */
  bystander: Tgid | undefined;
  /** Called before a task of a process with several threads gets a state of its own. */
  beforeDiffering?: (task: Task) => void;
  /** Called when a task has come, from outside or with the state of `parent`, or gets another state. */
  changed?: (task: Task, parent?: Task) => void;

  constructor(events: TaskEvents = {}) {
    this.#events = events;
  }

  get size(): number {
    return this.#tasks.size;
  }

  find(tid: Tid): Task | undefined {
    return this.#tasks.get(tid);
  }

  /** As `find`, or the zombie with this id. */
  findOrZombie(tid: Tid): Task | undefined {
    return this.#tasks.get(tid) ?? this.#zombies.get(tid);
  }

  /** A process with at least one known thread; its leader may have exited. */
  process(tgid: Tgid): Process | undefined {
    return this.#processes.get(tgid);
  }

  all(): IterableIterator<Task> {
    return this.#tasks.values();
  }

  /** Must be called before the first task exists. @param ofProcess all threads of a process have the same */
  registerBlob<T>(blob: { initial(): T; fork(parent: T): T }, ofProcess = false): TaskBlob<T> {
    const index = this.#slots.length;
    this.#slots.push({ initial: () => blob.initial(), fork: (parent) => blob.fork(parent as T) });
    return {
      of: (task) => task.blobs[index] as T,
      set: (task, value) => {
        if (!ofProcess && task.process.threads.size > 1 && this.find(task.tid) === task) this.beforeDiffering?.(task);
        task.blobs[index] = value;
        this.changed?.(task);
      },
    };
  }

  /**
   * A task from outside. A known one is returned as it is; a known id in another process was reused. An unknown thread of a known process
   * was cloned without our noticing, so it starts with the state of its process.
   * @param isOutside as a task has it that was not known.
   */
  enter(id: TaskId, isOutside = false): Task {
    const known = this.#tasks.get(id.tid);
    if (known?.process.tgid === id.tgid) return isOutside ? known : this.#inside(known);
    this.#free(id.tid);
    const sibling = this.#processes.get(id.tgid)?.threads.values().next().value;
    if (sibling !== undefined) return this.fork(sibling, id);
    const task = this.#add(id, this.#nextMm++);
    for (const slot of this.#slots) task.blobs.push(slot.initial());
    task.isOutside ||= isOutside;
    this.changed?.(task);
    return task;
  }

  #inside(task: Task): Task {
    if (task.isOutside && task.process.tgid !== this.bystander) {
      task.isOutside = false;
      this.changed?.(task);
    }
    return task;
  }

  /** As the first one of a kernel; it is in no table. */
  first(): Task {
    const task = new Task(tidOf(1), new Process(tgidOf(1), 0));
    task.blobs.push(...this.#slots.map((slot) => slot.initial()));
    return task;
  }

  /** `sharesMm`: vfork or CLONE_VM without CLONE_THREAD. */
  fork(parent: Task, id: TaskId, sharesMm = false): Task {
    if (id.tid === parent.tid) return parent;
    this.#free(id.tid); // a reused thread id: its former owner is certainly gone
    if (id.tgid !== parent.process.tgid) this.#forget(id.tgid);
    const child = this.#add(id, sharesMm ? parent.process.mm : this.#nextMm++);
    this.#slots.forEach((slot, index) => {
      child.blobs.push(slot.fork(parent.blobs[index]));
    });
    this.changed?.(child, parent.isOutside ? undefined : parent);
    return child;
  }

  /** The process gets a new address space; `task` becomes its leader and only thread. */
  exec(task: Task): void {
    const { process } = task;
    process.mm = this.#nextMm++;
    for (const other of [...process.threads.values()]) if (other !== task) this.#free(other.tid);
    if (task.tid === process.tgid) return;
    this.#free(process.tgid); // after lost events the id may still belong to another task here
    this.#tasks.delete(task.tid);
    process.threads.delete(task.tid);
    task.tid = process.tgid;
    this.#tasks.set(task.tid, task);
    process.threads.set(task.tid, task);
  }

  exit(tid: Tid): void {
    const task = this.#remove(tid);
    if (task === undefined) return;
    if (tid !== task.process.tgid) {
      this.#events.freed?.(task);
      return;
    }
    this.#zombies.set(tid, task);
    const [oldest] = this.#zombies.keys();
    if (this.#zombies.size > ZOMBIE_LIMIT && oldest !== undefined) this.#free(oldest);
  }

  /** Removes whatever has this id, so that it can be used again. */
  #free(tid: Tid): void {
    const task = this.#remove(tid) ?? this.#zombies.get(tid);
    this.#zombies.delete(tid);
    if (task !== undefined) this.#events.freed?.(task);
  }

  #remove(tid: Tid): Task | undefined {
    const task = this.#tasks.get(tid);
    if (task === undefined) return undefined;
    this.#tasks.delete(tid);
    task.process.threads.delete(tid);
    if (task.process.threads.size === 0) this.#processes.delete(task.process.tgid);
    this.#events.exited?.(task);
    return task;
  }

  /** A process id was reused: whatever we still know of its former threads is gone. */
  #forget(tgid: Tgid): void {
    for (const task of [...(this.#processes.get(tgid)?.threads.values() ?? [])]) this.#free(task.tid);
  }

  #add(id: TaskId, mm: number): Task {
    let process = this.#processes.get(id.tgid);
    if (process === undefined) {
      process = new Process(id.tgid, mm);
      this.#processes.set(id.tgid, process);
    }
    const task = new Task(id.tid, process);
    task.isOutside = id.tgid === this.bystander;
    process.threads.set(id.tid, task);
    this.#tasks.set(id.tid, task);
    return task;
  }
}
