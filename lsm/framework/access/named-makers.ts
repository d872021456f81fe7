/**
 * The makers of what the kernel remembers them for: network interfaces that user space serves, filesystems that show
 * files of others (files/layers.ts), and credentials that an io_uring keeps.
 *
 * Model: the kernel keeps the maker's label or credentials when the object is made; an interface gets another when it is
 * opened. Here the call is notified before: the maker's state is remembered under the object's name or, where the kernel
 * chooses that, under one that stands for it, until the name is found out.
 */
import { crowdedOut } from '../crowded-out.ts';
import { snapshot, type Task } from '../task.ts';

const LIMIT = 1024;

interface Made {
  readonly maker: Task;
  readonly user: string;
}

export class NamedMakers {
  /** Oldest first. */
  readonly #makers = new Map<string, Made>();

  /** @param user whom the maker counts for. */
  note(task: Task, name: string, user = ''): void {
    this.#keep(name, { maker: snapshot(task), user });
  }

  /** As note(), for what the kernel numbers from 1 on, and never anew: `name` and the next number. */
  noteNext(task: Task, name: string, user = ''): void {
    const numbers = [...this.#makers.keys()].filter((one) => one.startsWith(`${name} `));
    const last = Math.max(0, ...numbers.map((one) => Number(one.slice(name.length + 1))));
    this.note(task, `${name} ${last + 1}`, user);
  }

  /** What was noted as `from` turned out to be `name`. */
  found(from: string, name: string): void {
    const made = this.#makers.get(from);
    if (made === undefined) return;
    this.#makers.delete(from);
    this.#keep(name, made);
  }

  /** A task in the state it had then, which is in no table; `undefined` = not known. */
  maker(name: string): Task | undefined {
    return this.#makers.get(name)?.maker;
  }

  #keep(name: string, made: Made): void {
    this.#makers.delete(name);
    const [gone] = this.#makers.size < LIMIT ? [] : (crowdedOut([...this.#makers], ([, { user }]) => user) ?? []);
    if (gone !== undefined) this.#makers.delete(gone);
    this.#makers.set(name, made);
  }
}
