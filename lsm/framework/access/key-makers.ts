/**
 * The makers of keys and keyrings.
 *
 * Model: the kernel labels a key when it is made. Here the call that will make one is notified before its number exists:
 * the maker's state is remembered under the name of the key. When a key of that name is seen by its number, the number is
 * the last maker's for good. The rings of threads, processes and sessions have no numbers here; they go with fork and
 * exec as in security/keys/process_keys.c. What was made outside of the world has no maker.
 */
import type { Errno, Result } from '../../../linux/errno.ts';
import type { HookList } from '../hooks.ts';
import { type Process, snapshot, type Task } from '../task.ts';
import type { AccessedKey, KeyNote, KeyRing } from './key-access.ts';

/** Limit of each table; the oldest entry is forgotten. */
const LIMIT = 4096;

/** A key or ring that was made in the world. */
export interface MadeKey {
  /** A task in the state it had then, which is in no table. */
  readonly maker: Task;
  readonly description: string;
  /** Absent = nobody has used it by its number. */
  serial?: number;
}

interface Named {
  readonly key: MadeKey;
  /** The ring that it was added to. */
  readonly ring: MadeKey | undefined;
  /** Before it was seen by number somebody else, who still runs, made one of the same name. */
  readonly doubtful: boolean;
}

export class KeyMakers {
  readonly #threads = new WeakMap<Task, MadeKey>();
  readonly #processes = new WeakMap<Process, MadeKey>();
  readonly #sessions = new WeakMap<Process, MadeKey>();
  readonly #named = new Map<string, Named>();
  readonly #numbered = new Map<number, MadeKey | undefined>();

  /** @param find a task by the id of its process. */
  note(task: Task, note: KeyNote, find: (process: number) => Task | undefined): void {
    const { process } = task;
    switch (note.made) {
      case 'ring':
        if (this.#ring(task, note.ring) !== undefined) return;
        if (note.ring === 'thread') this.#threads.set(task, { maker: snapshot(task), description: '_tid' });
        else this.#processes.set(process, { maker: snapshot(task), description: '_pid' });
        return;
      case 'session':
        this.#sessions.set(process, this.#joined(task, note.name));
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
        const { key, doubtful } = this.#named.get(note.name) ?? {};
        if (key !== undefined) key.serial ??= note.serial;
        if (!this.#numbered.has(note.serial)) keep(this.#numbered, note.serial, doubtful === true ? undefined : key);
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

  /** `undefined` = who made it is not known. */
  find(key: AccessedKey, task: Task): MadeKey | undefined {
    if ('ring' in key) return this.#ring(task, key.ring);
    if (key.serial !== undefined) return this.#numbered.get(key.serial);
    const named = this.#named.get(key.name);
    const found = named?.ring !== undefined && this.#rings(task).includes(named.ring);
    return found && !named.doubtful ? named.key : undefined;
  }

  /** KEYCTL_GET_SECURITY; `undefined` = who made the key is not known. */
  label(key: AccessedKey, reader: Task, hooks: HookList): Result<Uint8Array> | undefined {
    const made = this.find(key, reader);
    return made && hooks.first('keyGetsecurity', made.maker, reader);
  }

  /**
   * search_process_keyrings_rcu(): the rings of the task, then the key, then rings that were added to a ring that may be searched.
   * @param key absent = one that nothing is known of. @param check may the task search this one?
   */
  search(task: Task, key: AccessedKey | undefined, check: (searched: MadeKey) => Errno | undefined): Errno | undefined {
    const rings = this.#rings(task);
    const refused = rings.map(check);
    if (rings.length > 0 && !refused.includes(undefined)) return refused.at(-1);
    const searchable = new Set(rings.filter((_, index) => refused[index] === undefined));
    const found = key && this.find(key, task);
    const result = found && check(found);
    if (key !== undefined && result === undefined) return undefined;
    for (const [name, { key: nested, ring }] of this.#named)
      if (name.startsWith('keyring;') && ring !== undefined && searchable.has(ring)) check(nested);
    return result;
  }

  #rings(task: Task): readonly MadeKey[] {
    return (['thread', 'process', 'session'] as const).flatMap((ring) => this.#ring(task, ring) ?? []);
  }

  #ring(task: Task, ring: KeyRing): MadeKey | undefined {
    if (ring === 'thread') return this.#threads.get(task);
    return (ring === 'process' ? this.#processes : this.#sessions).get(task.process);
  }

  #joined(task: Task, name: string | undefined): MadeKey {
    if (name === undefined) return { maker: snapshot(task), description: '_ses' };
    const known = this.#named.get(name);
    return known !== undefined && runs(known.key.maker) ? known.key : this.#made(name, task, undefined);
  }

  #made(name: string, task: Task, ring: MadeKey | undefined): MadeKey {
    const before = this.#named.get(name);
    const isOther = before !== undefined && runs(before.key.maker) && !areAlike(before.key.maker, task);
    const doubtful = isOther && (before.doubtful || before.key.serial === undefined);
    const key = { maker: snapshot(task), description: name.split(';').slice(2).join(';') };
    this.#named.delete(name);
    keep(this.#named, name, { key, ring, doubtful });
    return key;
  }
}

const runs = ({ process }: Task): boolean => process.threads.size > 0;

const areAlike = (one: Task, other: Task): boolean => one.blobs.every((blob, index) => blob === other.blobs[index]);

function keep<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > LIMIT && oldest !== undefined) map.delete(oldest);
}
