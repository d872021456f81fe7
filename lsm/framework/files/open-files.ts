/**
 * Who opened the files that a task has open: its state then.
 *
 * Model: `f_cred` of struct file. Here nobody is told of each open(2). But changes of labels are seen: just before one,
 * the open descriptors of the process are noted with its present state. A descriptor that was never noted was opened by a
 * task with the label that the holder still has. Notes are by number: a descriptor that was closed, and one of the same
 * file with the same access mode opened in its place, is taken for the noted one.
 */
import type { ExecFile, StackEvent } from '../events.ts';
import { type Process, snapshot, type Task, type TaskBlob } from '../task.ts';
import { descriptorKey, type OpenDescriptor, openFileKey, PROGRAM, type Refused } from './open-descriptor.ts';

/** By {@link descriptorKey}: who opened it. Never changed. */
export type OpenNotes = ReadonlyMap<string, Task>;

export const NO_NOTES: OpenNotes = new Map();

const OF_PROGRAM = descriptorKey(PROGRAM);
/** Limit of remembered makers. */
const MOST_MAKERS = 16_384;

/** What is noted before a label changes, or as a program runs that may have another one. */
export function notedIn(event: StackEvent): readonly OpenDescriptor[] {
  if (event.kind === 'descriptors') return event.open;
  return event.kind === 'exec' ? notedAtExec(event.file) : [];
}

export function notedAtExec(file: ExecFile | undefined): readonly OpenDescriptor[] {
  return (file?.call?.inherited ?? []).flatMap(({ descriptor }) => descriptor ?? []);
}

export class OpenFiles {
  readonly #notes: TaskBlob<OpenNotes>;
  /** By inode number: who made a pipe or the like, or had it when a label changed first. */
  readonly #makers = new Map<number, Task>();
  /** What its program may not have, until that was taken from it. A later process with the same id is another one. */
  readonly #refused = new WeakMap<Process, Refused>();

  constructor(notes: TaskBlob<OpenNotes>) {
    this.#notes = notes;
  }

  /** The label of the task may be about to change: these are open. The first note of a descriptor counts. */
  note(task: Task, open: readonly OpenDescriptor[]): void {
    const before = this.#notes.of(task);
    let present: Task | undefined;
    const notes = new Map<string, Task>();
    for (const descriptor of open) {
      let opener = openerIn(before, descriptor);
      if (opener === undefined) {
        present ??= this.#present(task);
        opener = present;
      }
      notes.set(descriptorKey(descriptor), opener);
      const { nameless } = descriptor;
      if (nameless === undefined || this.#makers.has(nameless)) continue;
      this.#makers.set(nameless, opener);
      const [oldest] = this.#makers.keys();
      if (this.#makers.size > MOST_MAKERS && oldest !== undefined) this.#makers.delete(oldest);
    }
    for (const thread of task.process.threads.values()) this.#notes.set(thread, notes);
  }

  /** The task executes a program, which it has opened for the kernel ({@link PROGRAM}). */
  executes(task: Task): void {
    this.#notes.set(task, new Map(this.#notes.of(task)).set(descriptorKey(PROGRAM), this.#present(task)));
  }

  /** In the state it had then; the task itself where nothing was noted. */
  opener(task: Task, open: OpenDescriptor | undefined): Task {
    return (open && openerIn(this.#notes.of(task), open)) ?? task;
  }

  /** What others may have opened ({@link descriptorKey}), but for its program; of everything else the task itself is the opener. */
  noted(task: Task): string[] {
    return [...this.#notes.of(task).keys()].filter((key) => key !== OF_PROGRAM);
  }

  /** Has each of these opened by itself all that it has open? */
  areOwn(tasks: Iterable<Task>): boolean {
    for (const task of tasks) if (this.noted(task).length > 0) return false;
    return true;
  }

  /** Will it be known then who made one of these, which others may have, too? */
  tellsMaker(open: readonly OpenDescriptor[]): boolean {
    return open.some(({ nameless }) => nameless !== undefined && !this.#makers.has(nameless));
  }

  /** Who made what has no name and `holder` has open: the holder itself where nothing was noted. */
  makerOf(nameless: number, holder: Task): Task {
    return this.#makers.get(nameless) ?? holder;
  }

  /** A program runs: what was decided about what it inherits. */
  executed({ process }: Task, refused: Refused): void {
    this.#refused.set(process, refused);
  }

  /** The same, once; `undefined` = it has executed nothing since. */
  takeRefused({ process }: Task): Refused | undefined {
    const refused = this.#refused.get(process);
    this.#refused.delete(process);
    return refused;
  }

  /** Its state without the notes, which would keep what they hold for ever. */
  #present(task: Task): Task {
    const copy = snapshot(task);
    this.#notes.set(copy, NO_NOTES);
    return copy;
  }
}

/** A copy may have been noted since, and what it is a copy of closed. */
function openerIn(notes: OpenNotes, open: OpenDescriptor): Task | undefined {
  return notes.get(descriptorKey(open)) ?? notes.get(openFileKey(open));
}
