/**
 * The makers of what the kernel remembers them for: network interfaces that user space serves, and filesystems that show
 * files of others (files/layers.ts).
 *
 * Model: the kernel keeps the maker's label or credentials when the object is made; an interface gets another when it is
 * opened. Here the call is notified before: the maker's state is remembered under the object's name or, where the kernel
 * chooses that, under one that stands for it, until the name is found out.
 */
import { snapshot, type Task } from '../task.ts';

const LIMIT = 1024;

export class NamedMakers {
  /** Oldest first. */
  readonly #makers = new Map<string, Task>();

  note(task: Task, name: string): void {
    this.#keep(name, snapshot(task));
  }

  /** What was noted as `from` turned out to be `name`. */
  found(from: string, name: string): void {
    const maker = this.#makers.get(from);
    if (maker === undefined) return;
    this.#makers.delete(from);
    this.#keep(name, maker);
  }

  /** A task in the state it had then, which is in no table; `undefined` = not known. */
  maker(name: string): Task | undefined {
    return this.#makers.get(name);
  }

  #keep(name: string, maker: Task): void {
    this.#makers.delete(name);
    this.#makers.set(name, maker);
    const [oldest] = this.#makers.keys();
    if (this.#makers.size > LIMIT && oldest !== undefined) this.#makers.delete(oldest);
  }
}
