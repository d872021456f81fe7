/**
 * Ways that a subject was not seen to pass, to directories whose ways it passed often: every directory on it has a kind that the subject
 * may search.
 *
 * Model: the directories of the path are looked at from the last one upwards, as far as one whose way is known. That no link is on the way
 * is found out first. What the handlers say of the whole way (Learned.led) holds for each kind on it.
 */
import { AT_EMPTY_PATH, O_DIRECTORY, RESOLVE_NO_SYMLINKS } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { FastCaller } from './callers.ts';
import { IntTable } from './int-table.ts';
import { NO_KIND, type NumberedScope, type Objects } from './objects.ts';
import { IDENTITY, type Paths } from './paths.ts';
import type { Places } from './places.ts';
import type { Scratch } from './scratch.ts';

const SLASH = 0x2f;
const NUL = 0;
/** More directories than these are the handlers' business. */
const MOST = 32;

export class Ways {
  readonly #scratch: Scratch;
  readonly #places: Places;
  readonly #objects: Objects;
  readonly #paths: Paths;
  /** Subject, kind of a directory that it may search. */
  readonly #searched = new IntTable(2, 0, 10);
  /** Kinds on the way of the current call. */
  readonly #kinds = new Int32Array(MOST);
  #count = 0;
  #subject = 0;

  constructor(scratch: Scratch, places: Places, objects: Objects, paths: Paths) {
    this.#scratch = scratch;
    this.#places = places;
    this.#objects = objects;
    this.#paths = paths;
  }

  /** A call begins. */
  begin(): void {
    this.#count = 0;
  }

  /** To be called when the epoch has moved. */
  forget(): void {
    this.#searched.clear();
  }

  /** May the subject pass the way to the directory of {@link Places}, past none of another kind than before? */
  isPassed({ kept, subject }: FastCaller, scope: NumberedScope, tid: Tid): boolean {
    this.#count = 0;
    this.#subject = subject;
    if (!this.#hasNoLink() || !this.#look(scope, kept, tid)) return false;
    for (let at = 0; at < this.#count; at++) if (this.#search(at).find() < 0) return false;
    return true;
  }

  /** The handlers found the way of this call allowed. */
  learn(): void {
    for (let at = 0; at < this.#count; at++) this.#search(at).make();
  }

  #search(at: number): IntTable {
    const { key } = this.#searched;
    key[0] = this.#subject;
    key[1] = this.#kinds[at] as number;
    return this.#searched;
  }

  #hasNoLink(): boolean {
    const { stat, way } = this.#places;
    const fd = this.#open(way, RESOLVE_NO_SYMLINKS);
    if (fd < 0) return false;
    const scratch = this.#scratch;
    const isIt = scratch.statAt(fd, scratch.empty, AT_EMPTY_PATH) && isSame(scratch.stat, stat);
    scratch.close(fd);
    return isIt;
  }

  /** Finds the kinds of directories on the way. */
  #look(scope: NumberedScope, kept: readonly number[], tid: Tid): boolean {
    const { path, stat } = this.#scratch;
    const { start, way } = this.#places;
    for (let end = above(path, way); ; end = above(path, end)) {
      const kind = this.#kindAt(end, scope, kept, tid);
      if (kind === NO_KIND || this.#count === MOST) return false;
      this.#kinds[this.#count++] = kind;
      const isStart = end === 0 || (end === 1 && path[0] === SLASH);
      if (isStart || this.#paths.leads(this.#subject, start, path, end, stat)) return true;
    }
  }

  /** The kind of the directory to which the first bytes of the path lead, which statx(2) tells of then. */
  #kindAt(end: number, scope: NumberedScope, kept: readonly number[], tid: Tid): number {
    const scratch = this.#scratch;
    const fd = end === 0 ? this.#places.startDescriptor : this.#open(end, 0);
    if (fd < 0) return NO_KIND;
    const isThere = scratch.statAt(fd, scratch.empty, AT_EMPTY_PATH);
    const kind = isThere ? this.#objects.kind(scope, kept, fd, 0, tid, true) : NO_KIND;
    if (end > 0) scratch.close(fd);
    return kind;
  }

  #open(end: number, resolve: number): number {
    const { path } = this.#scratch;
    const cut = end > 1 ? end - 1 : end;
    const byte = path[cut] as number;
    path[cut] = NUL;
    const fd = this.#places.openFromStart(O_DIRECTORY, resolve);
    path[cut] = byte;
    return fd;
  }
}

/** Length of the way to the directory above, with its slash. */
function above(path: Uint8Array, end: number): number {
  let at = end;
  while (at > 0 && path[at - 1] === SLASH) at--;
  while (at > 0 && path[at - 1] !== SLASH) at--;
  return at;
}

function isSame(one: Int32Array, other: Int32Array): boolean {
  for (const at of IDENTITY) if (one[at] !== other[at]) return false;
  return true;
}
