/**
 * Tasks and the per-module state attached to them.
 *
 * A task is a thread, as in the kernel. Threads of one process share a `Process`, whose `mm` changes at exec: a number that names an
 * address space (used by the "same mm as at open" rule of attr files). Blobs are owned by the core: allocated when the task appears, copied
 * at fork, dropped at exit; a module sees them only through the `TaskBlob` it was given.
 */
import type { TaskId } from './events.ts';

export class Process {
  readonly tgid: number;
  /** Identity of the address space; a new number after each exec and for each fork. */
  mm: number;
  readonly threads = new Map<number, Task>();
  constructor(tgid: number, mm: number) {
    this.tgid = tgid;
    this.mm = mm;
  }
}

export class Task {
  readonly tid: number;
  readonly process: Process;
  /** One slot per registered blob; index = slot number. */
  readonly blobs: unknown[] = [];
  constructor(tid: number, process: Process) {
    this.tid = tid;
    this.process = process;
  }
}

interface Slot {
  readonly initial: () => unknown;
  readonly fork: (parent: unknown) => unknown;
}

/** Typed access to one module's state in a task. */
export interface TaskBlob<T> {
  of(task: Task): T;
  set(task: Task, value: T): void;
}

export class TaskTable {
  readonly #tasks = new Map<number, Task>();
  readonly #slots: Slot[] = [];
  #nextMm = 1;

  get size(): number {
    return this.#tasks.size;
  }

  find(tid: number): Task | undefined {
    return this.#tasks.get(tid);
  }

  all(): IterableIterator<Task> {
    return this.#tasks.values();
  }

  /** Must be called before the first task exists. */
  registerBlob<T>(blob: { initial(): T; fork(parent: T): T }): TaskBlob<T> {
    const index = this.#slots.length;
    this.#slots.push({ initial: blob.initial, fork: blob.fork as (parent: unknown) => unknown });
    return {
      of: (task) => task.blobs[index] as T,
      set: (task, value) => {
        task.blobs[index] = value;
      },
    };
  }

  /** A task from outside. Known tids are returned as they are. */
  enter(id: TaskId): Task {
    const known = this.#tasks.get(id.tid);
    if (known !== undefined) return known;
    const task = this.#add(id);
    for (const slot of this.#slots) task.blobs.push(slot.initial());
    return task;
  }

  fork(parent: Task, id: TaskId): Task {
    this.exit(id.tid); // a reused thread id: its former owner is certainly gone
    const child = this.#add(id);
    this.#slots.forEach((slot, index) => {
      child.blobs.push(slot.fork(parent.blobs[index]));
    });
    return child;
  }

  /** The process gets a new address space and only `task` survives. */
  exec(task: Task): void {
    task.process.mm = this.#nextMm++;
    for (const other of task.process.threads.values()) if (other !== task) this.exit(other.tid);
  }

  exit(tid: number): Task | undefined {
    const task = this.#tasks.get(tid);
    if (task === undefined) return undefined;
    this.#tasks.delete(tid);
    task.process.threads.delete(tid);
    return task;
  }

  #add(id: TaskId): Task {
    const leader = [...(this.#tasks.get(id.tgid)?.process.threads.values() ?? [])][0];
    const process = leader?.process ?? new Process(id.tgid, this.#nextMm++);
    const task = new Task(id.tid, process);
    process.threads.set(id.tid, task);
    this.#tasks.set(id.tid, task);
    return task;
  }
}
