/** Keys and rings that were made in the world, what is linked where, and how a ring is searched: security/keys/keyring.c, Linux 6.12. */
import { E, type Errno } from '../../../linux/errno.ts';
import type { Task } from '../task.ts';

/** Of the rings that a key is known to be in, and of those in a ring that one search looks into. */
const MOST_RINGS = 64;

/** A key or ring that was made in the world. */
export class MadeKey {
  /** A task in the state it had then, which is in no table. */
  readonly maker: Task;
  readonly type: string;
  readonly description: string;
  /** Absent = nobody has used it by its number. */
  serial?: number;
  /** Its permissions let nobody search for it. */
  hidden = false;
  /** Somebody else, who still runs, made one of the same name before one was seen by number: any of both may be its maker. */
  isDoubtful = false;
  /** It is, or was, in a ring of which nothing is known. */
  #isElsewhere = false;
  readonly #holds = new Set<MadeKey>();
  readonly #rings = new Set<MadeKey>();

  constructor(maker: Task, type: string, description: string) {
    this.maker = maker;
    this.type = type;
    this.description = description;
  }

  /** What is linked to it, in that order. */
  get keys(): ReadonlySet<MadeKey> {
    return this.#holds;
  }

  /** Those that it is linked to. */
  get rings(): ReadonlySet<MadeKey> {
    return this.#rings;
  }

  get isRing(): boolean {
    return this.type === 'keyring';
  }

  isNamed(type: string, description: string): boolean {
    return this.type === type && this.description === description;
  }

  /** @param ring absent = one of which nothing is known. */
  linkTo(ring: MadeKey | undefined): void {
    if (ring === undefined || (this.#rings.size >= MOST_RINGS && !this.#rings.has(ring))) {
      this.#isElsewhere = true;
      return;
    }
    ring.#holds.add(this);
    this.#rings.add(ring);
  }

  unlinkFrom(ring: MadeKey): void {
    ring.#holds.delete(this);
    this.#rings.delete(ring);
  }

  clear(): void {
    for (const key of this.#holds) key.#rings.delete(this);
    this.#holds.clear();
  }

  /** From now on it is not known where it is, nor, of a ring, what it holds. */
  forget(): void {
    for (const ring of this.#rings) ring.#holds.delete(this);
    for (const key of this.#holds) key.#isElsewhere = true;
    this.#rings.clear();
    this.clear();
    this.#isElsewhere = true;
  }

  /** May it be found from rings of which nothing is known? */
  mayBeElsewhere(seen: Set<MadeKey> = new Set()): boolean {
    if (this.#isElsewhere || seen.size >= MOST_RINGS) return true;
    seen.add(this);
    for (const ring of this.#rings) if (!seen.has(ring) && ring.mayBeElsewhere(seen)) return true;
    return false;
  }
}

interface Wanted {
  readonly isWanted: (key: MadeKey) => boolean;
  /** May the task search this one? */
  readonly check: (key: MadeKey) => Errno | undefined;
  /** The permissions of the wanted key let the task not search for it. Absent = what is known of the key. */
  readonly hidden?: boolean | undefined;
}

/** keyring_search_rcu(): ENOKEY where the kernel says EAGAIN; `undefined` = it is found. */
export function searchRing(ring: MadeKey, wanted: Wanted): Errno | undefined {
  const refused = ring.hidden ? E.EACCES : wanted.check(ring);
  if (refused !== undefined) return refused;
  return wanted.isWanted(ring) ? wanted.check(ring) : searchNested(ring, wanted, new Set([ring]));
}

/** search_nested_keyrings(): first what is in the ring itself, then each ring in it. */
function searchNested(ring: MadeKey, wanted: Wanted, seen: Set<MadeKey>): Errno | undefined {
  let result: Errno = E.ENOKEY;
  for (const key of ring.keys) {
    if (!wanted.isWanted(key)) continue;
    const refused = (wanted.hidden ?? key.hidden) ? E.EACCES : wanted.check(key);
    if (refused === undefined) return undefined;
    result = refused;
    break;
  }
  for (const nested of ring.keys) {
    if (!nested.isRing || nested.hidden || seen.has(nested) || seen.size >= MOST_RINGS) continue;
    seen.add(nested);
    if (wanted.check(nested) !== undefined) continue;
    const found = searchNested(nested, wanted, seen);
    if (found === undefined) return undefined;
    if (found !== E.ENOKEY) result = found;
  }
  return result;
}
