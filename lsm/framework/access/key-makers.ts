/**
 * The makers of keys and keyrings.
 *
 * Model: the kernel labels a key when it is made. Here the call that will make one is notified before its number exists:
 * the maker's state is remembered under the name of the key. When a key of that name is seen by its number, the number is
 * the last maker's for good. The rings of threads, processes and sessions have no numbers here; they go with fork and
 * exec as in security/keys/process_keys.c. What was made outside of the world has no maker.
 */
import { E, type Errno, type Result } from '../../../linux/errno.ts';
import type { HookList } from '../hooks.ts';
import { type Process, snapshot, type Task } from '../task.ts';
import type { AccessedKey, KeyNote, KeyRing, SoughtKey } from './key-access.ts';
import { MadeKey, searchRing } from './key-rings.ts';

/** Limit of each table, and of what is linked anywhere; the oldest entry is forgotten. */
const LIMIT = 4096;

interface Sought {
  readonly isWanted: (key: MadeKey) => boolean;
  /** It was made outside of the world, or that was forgotten. */
  readonly isUnknown?: true;
  /** It may be in a ring of which nothing is known: the key itself, or one of several. */
  readonly elsewhere?: MadeKey | 'any' | undefined;
}

export class KeyMakers {
  readonly #threads = new WeakMap<Task, MadeKey>();
  readonly #processes = new WeakMap<Process, MadeKey>();
  readonly #sessions = new WeakMap<Process, MadeKey>();
  readonly #named = new Map<string, MadeKey>();
  readonly #numbered = new Map<number, MadeKey | undefined>();
  /** Keys in rings, and these rings. */
  readonly #linked = new Set<MadeKey>();

  /** @param find a task by the id of its process. */
  note(task: Task, note: KeyNote, find: (process: number) => Task | undefined): void {
    const { process } = task;
    switch (note.made) {
      case 'ring':
        if (this.#ring(task, note.ring) !== undefined) return;
        if (note.ring === 'thread') this.#threads.set(task, ringOf(task, '_tid'));
        else this.#processes.set(process, ringOf(task, '_pid'));
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
        this.#link(this.#made(note.name, task), note.into && this.find(note.into, task));
        return;
      case 'seen':
        this.#seen(note);
        return;
      case 'link': {
        const key = this.find(note.key, task);
        if (key !== undefined) this.#link(key, note.ring && this.find(note.ring, task));
        return;
      }
      case 'unlink': {
        const ring = note.ring && this.find(note.ring, task);
        if (ring !== undefined) this.find(note.key, task)?.unlinkFrom(ring);
        return;
      }
      case 'clear':
        this.find(note.ring, task)?.clear();
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
    const [type, description] = partsOf(key.name);
    let found: MadeKey | undefined;
    const isWanted = (other: MadeKey) => other.isNamed(type, description);
    const check = (other: MadeKey) => {
      if (isWanted(other)) found = other;
      return undefined;
    };
    for (const ring of this.#rings(task)) if (searchRing(ring, { isWanted, check }) === undefined) break;
    return found?.isDoubtful === true ? undefined : found;
  }

  /** KEYCTL_GET_SECURITY; `undefined` = who made the key is not known. */
  label(key: AccessedKey, reader: Task, hooks: HookList): Result<Uint8Array> | undefined {
    const made = this.find(key, reader);
    return made && hooks.first('keyGetsecurity', made.maker, reader);
  }

  /**
   * search_process_keyrings_rcu(), or of one ring keyring_search_rcu(). A key of which it is not known where it is counts as found.
   * @param check may the task search this one?
   */
  search(task: Task, sought: SoughtKey, check: (searched: MadeKey) => Errno | undefined): Errno | undefined {
    const { key, hidden, mayMiss } = sought;
    const ring = sought.ring && this.find(sought.ring, task);
    if (sought.ring !== undefined && ring === undefined) return undefined;
    const rings = ring === undefined ? this.#rings(task) : [ring];
    const { isWanted, isUnknown, elsewhere } = this.#sought(key, task);
    let missesByItself = mayMiss === true;
    const ask = (one: MadeKey): Errno | undefined => {
      const errno = check(one);
      if (errno !== undefined) missesByItself = false;
      return errno;
    };
    const mayFind = (one: MadeKey): Errno | undefined => (one.isDoubtful ? undefined : ask(one));
    let refused: Errno | undefined;
    let isSearched = rings.length === 0;
    for (const one of rings) {
      const result = isUnknown ? (ask(one) ?? E.ENOKEY) : searchRing(one, { isWanted, check: mayFind, hidden });
      if (result === undefined) return undefined;
      if (result === E.ENOKEY) isSearched = true;
      else refused = result;
    }
    if (!isSearched) return refused;
    if (isUnknown || elsewhere === 'any') return undefined;
    if (elsewhere === undefined) return missesByItself ? undefined : E.ENOKEY;
    return (hidden ?? elsewhere.hidden) ? E.EACCES : mayFind(elsewhere);
  }

  #sought(key: AccessedKey | undefined, task: Task): Sought {
    if (key === undefined) return { isWanted: () => false };
    if ('ring' in key || key.serial !== undefined) {
      const target = this.find(key, task);
      const isWanted = (one: MadeKey): boolean => one === target;
      return target === undefined
        ? { isWanted, isUnknown: true }
        : { isWanted, elsewhere: target.mayBeElsewhere() ? target : undefined };
    }
    const [type, description] = partsOf(key.name);
    const isWanted = (one: MadeKey): boolean => one.isNamed(type, description);
    const known = [...this.#named.values()].filter(isWanted);
    if (known.length === 0) return { isWanted, isUnknown: true };
    return { isWanted, elsewhere: known.some((one) => one.mayBeElsewhere()) ? 'any' : undefined };
  }

  #rings(task: Task): readonly MadeKey[] {
    return (['thread', 'process', 'session'] as const).flatMap((ring) => this.#ring(task, ring) ?? []);
  }

  #ring(task: Task, ring: KeyRing): MadeKey | undefined {
    if (ring === 'thread') return this.#threads.get(task);
    return (ring === 'process' ? this.#processes : this.#sessions).get(task.process);
  }

  /** @param ring absent = one of which nothing is known. */
  #link(key: MadeKey, ring: MadeKey | undefined): void {
    key.linkTo(ring);
    for (const one of ring === undefined ? [] : [key, ring]) {
      this.#linked.delete(one);
      this.#linked.add(one);
    }
    for (const oldest of this.#linked) {
      if (this.#linked.size <= LIMIT) return;
      this.#linked.delete(oldest);
      oldest.forget();
    }
  }

  #joined(task: Task, name: string | undefined): MadeKey {
    if (name === undefined) return ringOf(task, '_ses');
    const known = this.#named.get(name);
    return known !== undefined && runs(known.maker) ? known : this.#made(name, task);
  }

  #made(name: string, task: Task): MadeKey {
    const key = new MadeKey(snapshot(task), ...partsOf(name));
    const before = this.#named.get(name);
    const isOther = before !== undefined && runs(before.maker) && !areAlike(before.maker, task);
    if (isOther && (before.isDoubtful || before.serial === undefined)) {
      before.isDoubtful = true;
      key.isDoubtful = true;
    }
    this.#named.delete(name);
    keep(this.#named, name, key);
    return key;
  }

  #seen({ name, serial, hidden }: Extract<KeyNote, { made: 'seen' }>): void {
    const key = this.#named.get(name);
    if (key !== undefined) key.serial ??= serial;
    if (!this.#numbered.has(serial)) keep(this.#numbered, serial, key?.isDoubtful === true ? undefined : key);
    const numbered = this.#numbered.get(serial);
    if (numbered !== undefined && hidden !== undefined) numbered.hidden = hidden;
  }
}

const ringOf = (task: Task, description: string): MadeKey => new MadeKey(snapshot(task), 'keyring', description);

/** Type and description of `type;uid;description`. */
function partsOf(name: string): [type: string, description: string] {
  const [type = '', , ...description] = name.split(';');
  return [type, description.join(';')];
}

const runs = ({ process }: Task): boolean => process.threads.size > 0;

const areAlike = (one: Task, other: Task): boolean => one.blobs.every((blob, index) => blob === other.blobs[index]);

function keep<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > LIMIT && oldest !== undefined) map.delete(oldest);
}
