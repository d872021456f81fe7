/**
 * The makers of System V IPC objects.
 *
 * Model: the kernel labels an object when it is made. Here the call that will make one is notified before the id exists;
 * its task is remembered with its present state. At the next look the new object is matched to it by key, by owner and,
 * for shared memory, by the creator's process id (shm_cpid). The supervisor lets calls make objects one at a time. A new
 * object without a waiting maker was made outside of the world, and has no label.
 */
import type { IpcEvent } from '../events.ts';
import { snapshot, type Task } from '../task.ts';
import type { IpcObject } from './ipc-access.ts';

/** Limit of tables (one for each namespace and type); the least recently used is forgotten. */
const LIMIT = 1024;

interface Waiting {
  readonly key: number;
  readonly uid: number;
  readonly task: Task;
}

interface Objects {
  /** By id; `undefined` = made outside. */
  readonly makers: Map<number, Task | undefined>;
  /** The task that is making one. */
  waiting: Waiting | undefined;
}

export class IpcObjects {
  readonly #known = new Map<string, Objects>();

  /** @param task the caller of the system call at which the event was seen. */
  note(task: Task, event: IpcEvent): void {
    const objects = this.#of(event);
    for (const id of event.gone) objects.makers.delete(id);
    const fresh = event.made.filter(({ id }) => !objects.makers.has(id)); // else another thread of the supervisor has seen it
    const { waiting } = objects;
    const own = fresh.filter(
      ({ key, uid, process }) =>
        key === waiting?.key && uid === waiting.uid && (process === undefined || process === waiting.task.process.tgid),
    );
    // Several candidates: the maker is not known.
    const [found] = own.length === 1 ? own : [];
    for (const object of fresh) objects.makers.set(object.id, object === found ? waiting?.task : undefined);
    if (own.length > 0) objects.waiting = undefined;
    const { making } = event;
    if (making !== undefined) objects.waiting = making.alone ? { ...making, task: snapshot(task) } : undefined;
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
    const objects = this.#known.get(name) ?? { makers: new Map<number, Task | undefined>(), waiting: undefined };
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
