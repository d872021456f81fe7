/**
 * Who made the System V IPC objects that there are.
 *
 * Model: the kernel labels an object when it is made. Here a call that will make one is seen before it has an id; so its maker is noted with the state
 * it has then, and when objects are looked at next, those that are new are given to the makers that wait: by key, by owner and, of shared memory, by
 * the process the kernel names. What nobody waits for was made outside, and nothing is known of it.
 */
import type { IpcEvent } from './events.ts';
import type { IpcObject } from './ipc-access.ts';
import { snapshot, type Task } from './task.ts';

/** Makers that wait at most: a call that failed leaves one. */
const WAITING = 16;
/** Namespaces times types that are known of at most; those that were not used for longest are forgotten. */
const LIMIT = 1024;

interface Waiting {
  readonly key: number;
  readonly uid: number;
  readonly task: Task;
}

interface Objects {
  /** By id; `undefined` = made outside. */
  readonly makers: Map<number, Task | undefined>;
  waiting: Waiting[];
}

export class IpcObjects {
  readonly #known = new Map<string, Objects>();

  /** @param task who makes the call that this was seen at. */
  note(task: Task, event: IpcEvent): void {
    const objects = this.#of(event);
    for (const id of event.gone) objects.makers.delete(id);
    // The one that was made last waits last.
    for (const { id, key, uid, process } of [...event.made].reverse()) {
      if (objects.makers.has(id)) continue; // another thread of the supervisor has seen it
      const index = objects.waiting.findLastIndex(
        (waiting) =>
          waiting.key === key &&
          waiting.uid === uid &&
          (process === undefined || process === waiting.task.process.tgid),
      );
      const [found] = index < 0 ? [] : objects.waiting.splice(index, 1);
      objects.makers.set(id, found?.task);
    }
    if (event.making === undefined) return;
    // Its former call is over.
    const others = objects.waiting.filter((waiting) => waiting.task.tid !== task.tid);
    objects.waiting = [...others.slice(1 - WAITING), { ...event.making, task: snapshot(task) }];
  }

  /** A task in the state it had then, which is in no table; `undefined` = made outside. */
  maker(object: IpcObject): Task | undefined {
    const name = nameOf(object);
    const objects = this.#known.get(name);
    if (objects !== undefined) this.#keep(name, objects);
    return objects?.makers.get(object.id);
  }

  #of(about: Omit<IpcObject, 'id'>): Objects {
    const name = nameOf(about);
    const objects = this.#known.get(name) ?? { makers: new Map<number, Task | undefined>(), waiting: [] };
    this.#keep(name, objects);
    const [oldest] = this.#known.keys();
    if (this.#known.size > LIMIT && oldest !== undefined) this.#known.delete(oldest);
    return objects;
  }

  /** As the one that was used last. */
  #keep(name: string, objects: Objects): void {
    this.#known.delete(name);
    this.#known.set(name, objects);
  }
}

const nameOf = ({ namespace, type }: Omit<IpcObject, 'id'>): string => `${namespace} ${type}`;
