/**
 * The makers of keys and keyrings.
 *
 * Model: the kernel labels a key when it is made. Here the call that will make one is notified before its number exists:
 * the maker's state is remembered under the name of the key. When a key of that name is seen by its number, the number is
 * the last maker's for good. The rings of threads, processes and sessions have no numbers here; they go with fork and
 * exec as in security/keys/process_keys.c. What was made outside of the world has no maker.
 */
import type { Result } from '../../../linux/errno.ts';
import type { HookList } from '../hooks.ts';
import { type Process, snapshot, type Task } from '../task.ts';
import type { AccessedKey, KeyNote, KeyRing } from './key-access.ts';

/** Limit of each table; the oldest entry is forgotten. */
const LIMIT = 4096;

/** A ring with its maker; `undefined` = made outside of the world. */
interface Ring {
  readonly maker: Task | undefined;
}

interface Named {
  readonly maker: Task;
  /** The ring that it was added to. */
  readonly ring: Ring | undefined;
  /** Before it was seen by number somebody else, who still runs, made one of the same name. */
  readonly doubtful: boolean;
  seen: boolean;
}

export class KeyMakers {
  readonly #threads = new WeakMap<Task, Ring>();
  readonly #processes = new WeakMap<Process, Ring>();
  readonly #sessions = new WeakMap<Process, Ring>();
  readonly #named = new Map<string, Named>();
  readonly #numbered = new Map<number, Task | undefined>();

  /** @param find a task by the id of its process. */
  note(task: Task, note: KeyNote, find: (process: number) => Task | undefined): void {
    const { process } = task;
    switch (note.made) {
      case 'ring':
        if (this.#ring(task, note.ring) !== undefined) return;
        if (note.ring === 'thread') this.#threads.set(task, { maker: snapshot(task) });
        else this.#processes.set(process, { maker: snapshot(task) });
        return;
      case 'session':
        this.#sessions.set(process, { maker: this.#joined(task, note.name) });
        return;
      case 'parent-session': {
        const parent = find(note.parent)?.process;
        const own = this.#sessions.get(process);
        if (parent !== undefined && own !== undefined) this.#sessions.set(parent, own);
        return;
      }
      case 'key':
        this.#made(note.name, task, note.ring && this.#ring(task, note.ring));
        return;
      case 'seen': {
        const named = this.#named.get(note.name);
        if (named !== undefined) named.seen = true;
        if (!this.#numbered.has(note.serial))
          keep(this.#numbered, note.serial, named?.doubtful === true ? undefined : named?.maker);
      }
    }
  }

  /** A new process has its parent's session ring. */
  forked(parent: Task, child: Task): void {
    const session = this.#sessions.get(parent.process);
    if (session !== undefined && child.process !== parent.process) this.#sessions.set(child.process, session);
  }

  /** Only the session ring stays. */
  executed(task: Task): void {
    this.#threads.delete(task);
    this.#processes.delete(task.process);
  }

  /** A task in the state it had then, which is in no table; `undefined` = not known. */
  maker(key: AccessedKey, task: Task): Task | undefined {
    if ('ring' in key) return this.#ring(task, key.ring)?.maker;
    if (key.serial !== undefined) return this.#numbered.get(key.serial);
    const named = this.#named.get(key.name);
    const found = named?.ring !== undefined && this.#rings(task).includes(named.ring);
    return found && !named.doubtful ? named.maker : undefined;
  }

  /** KEYCTL_GET_SECURITY; `undefined` = who made the key is not known. */
  label(key: AccessedKey, reader: Task, hooks: HookList): Result<Uint8Array> | undefined {
    const maker = this.maker(key, reader);
    return maker && hooks.first('keyGetsecurity', maker, reader);
  }

  /** The makers of the rings in which a search of the task looks, in its order. */
  searched(task: Task): readonly (Task | undefined)[] {
    return this.#rings(task).map(({ maker }) => maker);
  }

  #rings(task: Task): readonly Ring[] {
    return (['thread', 'process', 'session'] as const).flatMap((ring) => this.#ring(task, ring) ?? []);
  }

  #ring(task: Task, ring: KeyRing): Ring | undefined {
    if (ring === 'thread') return this.#threads.get(task);
    return (ring === 'process' ? this.#processes : this.#sessions).get(task.process);
  }

  #joined(task: Task, name: string | undefined): Task {
    const known = name === undefined ? undefined : this.#named.get(name);
    if (known !== undefined && runs(known.maker)) return known.maker;
    if (name !== undefined) this.#made(name, task, undefined);
    return snapshot(task);
  }

  #made(name: string, task: Task, ring: Ring | undefined): void {
    const before = this.#named.get(name);
    const isOther = before !== undefined && runs(before.maker) && !areAlike(before.maker, task);
    const doubtful = isOther && (before.doubtful || !before.seen);
    this.#named.delete(name);
    keep(this.#named, name, { maker: snapshot(task), ring, doubtful, seen: false });
  }
}

const runs = ({ process }: Task): boolean => process.threads.size > 0;

const areAlike = (one: Task, other: Task): boolean => one.blobs.every((blob, index) => blob === other.blobs[index]);

function keep<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > LIMIT && oldest !== undefined) map.delete(oldest);
}
