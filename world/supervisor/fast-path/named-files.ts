/**
 * The directory and the file that a path leads to, as kinds (objects.ts), if the caller is known to pass the way.
 *
 * Model: nothing is looked at through a link in the last place, and nothing on another mount than that of the directory.
 */
import { ERRNO } from '../../../linux/errno.ts';
import { AT_EMPTY_PATH, O_NOFOLLOW, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { S_IFDIR, S_IFLNK, S_IFMT } from '../../../linux/stat.ts';
import { type FastCaller, FREE } from './callers.ts';
import type { FastCall } from './fast-call.ts';
import { bornIn, type Learned } from './learned.ts';
import { MISSING, NO_KIND, type NumberedScope, type Objects } from './objects.ts';
import type { Places } from './places.ts';
import { type Scratch, STAT } from './scratch.ts';

const { ENOENT } = ERRNO;

export interface NamedFilesParts {
  readonly scratch: Scratch;
  readonly call: FastCall;
  readonly objects: Objects;
  readonly places: Places;
  readonly learned: Learned;
}

export class NamedFiles {
  readonly #scratch: Scratch;
  readonly #call: FastCall;
  readonly #objects: Objects;
  readonly #places: Places;
  readonly #learned: Learned;

  constructor({ scratch, call, objects, places, learned }: NamedFilesParts) {
    this.#scratch = scratch;
    this.#call = call;
    this.#objects = objects;
    this.#places = places;
    this.#learned = learned;
  }

  /** The directory of the path, if the subject is known to pass the way. @param argument number of that with the path. */
  kindOfDirectory(caller: FastCaller, scope: FastCaller['scope'], tid: Tid, end: number, argument: number): number {
    const places = this.#places;
    const scratch = this.#scratch;
    if (!places.openDirectory(end, this.#call.takesParent)) return NO_KIND;
    const { stat, start, way } = places;
    if (scope !== FREE) {
      this.#learned.findsWay(argument);
      const isPassed = way === 0 || this.#learned.paths.leads(caller.subject, start, scratch.text.slice(0, way), stat);
      if (!isPassed && !this.#passes(caller, scope, tid)) return NO_KIND;
    }
    scratch.stat.set(stat);
    return this.kindOf(caller, scope, places.directory, tid, true);
  }

  /** A way that was not seen before. */
  #passes(caller: FastCaller, scope: NumberedScope, tid: Tid): boolean {
    if (!this.#learned.ways.isPassed(caller, scope, tid)) return false;
    this.#learned.rememberWay(caller);
    return true;
  }

  /** Does it leave alone where other paths lead, and who passes them, or is it known how it changes that? */
  #fits(stat: Int32Array): boolean {
    const { changesWays, removesDirectory } = this.#call;
    if (removesDirectory) return isDirectory(stat) && bornIn(stat) !== undefined;
    return !changesWays || !leadsOn(stat) || this.#call.leavesMode(stat);
  }

  /** What has the name in the directory: a descriptor of ours or a negative errno. */
  open(): number {
    const { directory, way } = this.#places;
    const scratch = this.#scratch;
    return scratch.open(directory, scratch.pathFrom(way), O_NOFOLLOW, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
  }

  #missing(scope: FastCaller['scope'], start: number, end: number): number {
    return scope === FREE ? MISSING : this.#objects.missing(scope, start, end);
  }

  /** Of what statx(2) has just said. For who is not asked about files it only counts that it is ordinary. */
  kindOf({ kept }: FastCaller, scope: FastCaller['scope'], fd: number, tid: Tid, recent: boolean): number {
    if (scope !== FREE) return this.#objects.kind(scope, kept, fd, 0, tid, recent);
    return this.#objects.mounts.filesystem(fd, tid) < 0 ? NO_KIND : MISSING;
  }

  /** The kind of what has the name in the directory. */
  kindAt(caller: FastCaller, scope: FastCaller['scope'], tid: Tid, end: number): number {
    const scratch = this.#scratch;
    const { isExclusive, needsFile } = this.#call;
    const { isSlashed, way } = this.#places;
    const fd = this.open();
    if (fd < 0) return fd === -ENOENT && !needsFile && !isSlashed ? this.#missing(scope, way, end) : NO_KIND;
    let kind = NO_KIND;
    if (!isExclusive && scratch.statAt(fd, scratch.empty, AT_EMPTY_PATH)) {
      const { stat } = scratch;
      if ((!isSlashed || isDirectory(stat)) && this.#fits(stat)) kind = this.kindOf(caller, scope, fd, tid, false);
    }
    scratch.close(fd);
    return kind;
  }
}

export const isDirectory = (stat: Int32Array): boolean => ((stat[STAT.MODE] as number) & S_IFMT) === S_IFDIR;

/** Is it a directory or a link, by which paths lead on? */
export function leadsOn(stat: Int32Array): boolean {
  const type = (stat[STAT.MODE] as number) & S_IFMT;
  return type === S_IFDIR || type === S_IFLNK;
}
