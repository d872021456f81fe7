/**
 * May a subject pass a way that it was not seen to pass before? It may where it was seen to search directories of all the kinds on it.
 *
 * Model: the directories of the path are looked at from the last one upwards, as far as one whose way is known. No link may be
 * between. What the handlers say of the whole way (Learned.led) holds for each kind on it.
 */
import { ERRNO } from '../../../linux/errno.ts';
import {
  AT_EMPTY_PATH,
  O_DIRECTORY,
  O_NOFOLLOW,
  RESOLVE_CACHED,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { FastCaller } from './callers.ts';
import { IntTable } from './int-table.ts';
import type { NumberedScope } from './labels.ts';
import { NO_KIND, type Objects } from './objects.ts';
import { IDENTITY, type Paths } from './paths.ts';
import type { Places } from './places.ts';
import type { Scratch } from './scratch.ts';

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
  #missing = 0;
  /** struct statx of the last directory that is there. */
  readonly #found = new Int32Array(64);

  constructor(scratch: Scratch, places: Places, objects: Objects, paths: Paths) {
    this.#scratch = scratch;
    this.#places = places;
    this.#objects = objects;
    this.#paths = paths;
  }

  /** A call begins. */
  begin(): void {
    this.#count = 0;
    this.#missing = 0;
  }

  /** To be called when the epoch has moved. */
  forget(): void {
    this.#searched.clear();
  }

  /** May the subject pass the way to the directory of {@link Places}, past none of another kind than before? */
  isPassed({ kept, subject }: FastCaller, scope: NumberedScope, tid: Tid): boolean {
    this.begin();
    this.#subject = subject;
    const { stat, way } = this.#places;
    const base = this.#look(above(this.#scratch.text, way), scope, kept, tid);
    return base >= 0 && this.#isStraight(base, way, stat) && this.#areSearched();
  }

  /**
   * Does the path lead to nothing, past no directory of another kind than before?
   * @param whole length of the path, or of a part that leads to nothing.
   * @returns how much of the path leads to nothing; 0 = it may lead somewhere, or a directory is of another kind.
   */
  missing({ kept, subject }: FastCaller, scope: NumberedScope, tid: Tid, whole: number): number {
    this.begin();
    this.#subject = subject;
    const { text } = this.#scratch;
    let next = whole;
    let end = above(text, next);
    while (!this.#isThere(end)) {
      if (isStart(text, end)) return 0;
      next = end;
      end = above(text, end);
    }
    const length = withoutSlashes(text, next);
    const base = this.#look(end, scope, kept, tid);
    const isPassed = base === end || (base >= 0 && this.#isStraight(base, end, this.#found));
    if (!isPassed || !this.#lacks(end, length)) return 0;
    this.#missing = length;
    return this.#areSearched() ? length : 0;
  }

  /** The handlers found the way of this call allowed. @param missing as of {@link missing}. */
  learn(missing = 0): void {
    if (missing !== this.#missing) return;
    for (let at = 0; at < this.#count; at++) this.#search(at).make();
  }

  #search(at: number): IntTable {
    const { key } = this.#searched;
    key[0] = this.#subject;
    key[1] = this.#kinds[at] as number;
    return this.#searched;
  }

  #areSearched(): boolean {
    for (let at = 0; at < this.#count; at++) if (this.#search(at).find() < 0) return false;
    return true;
  }

  /** Has the directory nothing of the next name? Its filesystem is one that cannot block us. */
  #lacks(end: number, length: number): boolean {
    const scratch = this.#scratch;
    const { path } = scratch;
    const directory = end === 0 ? this.#places.startDescriptor : this.#open(end);
    if (directory < 0) return false;
    const byte = path[length] as number;
    path[length] = NUL;
    const fd = scratch.open(directory, scratch.pathFrom(end), O_NOFOLLOW, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
    path[length] = byte;
    if (end > 0) scratch.close(directory);
    if (fd >= 0) scratch.close(fd);
    return fd === -ERRNO.ENOENT;
  }

  /** Is no link between two directories of the path? The second one is what statx(2) told of. */
  #isStraight(from: number, to: number, stat: Int32Array): boolean {
    const scratch = this.#scratch;
    const { path } = scratch;
    const base = from === 0 ? this.#places.startDescriptor : this.#open(from);
    if (base < 0) return false;
    const byte = path[to] as number;
    path[to] = NUL;
    const fd = scratch.open(base, scratch.pathFrom(from), O_DIRECTORY, RESOLVE_CACHED | RESOLVE_NO_SYMLINKS);
    path[to] = byte;
    if (from > 0) scratch.close(base);
    if (fd < 0) return false;
    const isIt = scratch.statAt(fd, scratch.empty, AT_EMPTY_PATH) && isSame(scratch.stat, stat);
    scratch.close(fd);
    return isIt;
  }

  /** Finds the kinds of directories on the way, upwards. @returns which part of the path is known to be passed; -1 = none. */
  #look(from: number, scope: NumberedScope, kept: readonly number[], tid: Tid): number {
    const { stat, text } = this.#scratch;
    for (let end = from; ; end = above(text, end)) {
      const kind = this.#kindAt(end, scope, kept, tid);
      if (kind === NO_KIND || this.#count === MOST) return -1;
      this.#kinds[this.#count++] = kind;
      if (isStart(text, end) || this.#paths.leads(this.#subject, this.#places.start, text.slice(0, end), stat))
        return end;
    }
  }

  /** Is there a directory, which {@link #found} tells of then? */
  #isThere(end: number): boolean {
    const scratch = this.#scratch;
    const fd = end === 0 ? this.#places.startDescriptor : this.#open(end);
    if (fd < 0) return false;
    const isThere = scratch.statAt(fd, scratch.empty, AT_EMPTY_PATH);
    this.#found.set(scratch.stat);
    if (end > 0) scratch.close(fd);
    return isThere;
  }

  /** The kind of the directory to which the first bytes of the path lead, which statx(2) tells of then. */
  #kindAt(end: number, scope: NumberedScope, kept: readonly number[], tid: Tid): number {
    const scratch = this.#scratch;
    const fd = end === 0 ? this.#places.startDescriptor : this.#open(end);
    if (fd < 0) return NO_KIND;
    const isThere = scratch.statAt(fd, scratch.empty, AT_EMPTY_PATH);
    const kind = isThere ? this.#objects.kind(scope, kept, fd, 0, tid, true) : NO_KIND;
    if (end > 0) scratch.close(fd);
    return kind;
  }

  #open(end: number): number {
    const { path } = this.#scratch;
    const cut = end > 1 ? end - 1 : end;
    const byte = path[cut] as number;
    path[cut] = NUL;
    const fd = this.#places.openFromStart(O_DIRECTORY);
    path[cut] = byte;
    return fd;
  }
}

/** Length of the way to the directory above, with its slash. */
function above(path: string, end: number): number {
  const at = withoutSlashes(path, end);
  return at === 0 ? 0 : path.lastIndexOf('/', at - 1) + 1;
}

function withoutSlashes(path: string, end: number): number {
  let at = end;
  while (at > 0 && path[at - 1] === '/') at--;
  return at;
}

/** Is it where the path starts? */
const isStart = (path: string, end: number): boolean => end === 0 || (end === 1 && path[0] === '/');

function isSame(one: Int32Array, other: Int32Array): boolean {
  for (const at of IDENTITY) if (one[at] !== other[at]) return false;
  return true;
}
