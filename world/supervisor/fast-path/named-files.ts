/**
 * The directory and the file that a path leads to, as kinds (objects.ts), if the caller is known to pass the way.
 *
 * Model: nothing is looked at through a link in the last place, and nothing on another mount than that of the directory.
 */
import { ERRNO } from '../../../linux/errno.ts';
import { AT_EMPTY_PATH, O_NOFOLLOW, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { type FastCaller, FREE } from './callers.ts';
import type { FastCall } from './fast-call.ts';
import { isDirectory, leadsOn } from './file-type.ts';
import type { NumberedScope } from './labels.ts';
import { bornIn, type Learned } from './learned.ts';
import { MISSING, NO_KIND, type Objects } from './objects.ts';
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
  /** The label of the last file was not known, so that of the next one may not be known either. */
  #wasRead = false;

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
    const { mounts } = this.#objects;
    const { stat } = this.#scratch;
    // Rules want the path of the file, and a label that is not known is to be read: both need a descriptor.
    if (this.#wasRead || (scope !== FREE && scope.rules.length > 0)) return this.#kindOfOpened(caller, scope, tid, end);
    const result = this.#statName();
    if (result < 0) return this.#kindOfNone(scope, result, end);
    if (!isOnMount(stat, this.#places.stat) || !this.#isUsable(stat)) return NO_KIND;
    const isKnown = mounts.filesystem(-1, tid) >= 0;
    const kind = isKnown ? this.kindOf(caller, scope, -1, tid, false) : NO_KIND;
    return kind === NO_KIND ? this.#kindOfOpened(caller, scope, tid, end) : kind;
  }

  /** @returns 0 or a negative errno. */
  #statName(): number {
    const { directory, way } = this.#places;
    const scratch = this.#scratch;
    return scratch.statName(directory, scratch.pathFrom(way));
  }

  #kindOfOpened(caller: FastCaller, scope: FastCaller['scope'], tid: Tid, end: number): number {
    const scratch = this.#scratch;
    const reads = this.#objects.labels.reads;
    const fd = this.open();
    if (fd < 0) return this.#kindOfNone(scope, fd, end);
    const isThere = scratch.statAt(fd, scratch.empty, AT_EMPTY_PATH);
    const kind = isThere && this.#isUsable(scratch.stat) ? this.kindOf(caller, scope, fd, tid, false) : NO_KIND;
    scratch.close(fd);
    this.#wasRead = this.#objects.labels.reads !== reads;
    return kind;
  }

  #kindOfNone(scope: FastCaller['scope'], result: number, end: number): number {
    const { isSlashed, way } = this.#places;
    const mayLack = result === -ENOENT && !this.#call.needsFile && !isSlashed;
    return mayLack ? this.#missing(scope, way, end) : NO_KIND;
  }

  #isUsable(stat: Int32Array): boolean {
    return !this.#call.isExclusive && (!this.#places.isSlashed || isDirectory(stat)) && this.#fits(stat);
  }
}

/** Is the file on the mount of its directory? */
const isOnMount = (stat: Int32Array, directory: Int32Array): boolean =>
  stat[STAT.MOUNT] === directory[STAT.MOUNT] && stat[STAT.MOUNT_HIGH] === directory[STAT.MOUNT_HIGH];
