/**
 * Where a path of a call starts, and the directory and the name that it leads to: looked up in the kernel's caches with the supervisor's
 * rights, past no magic link of procfs.
 *
 * Model: where the last path of a call that went on started, if not at the root, stays open: the next one mostly starts there, too, which
 * statx(2) tells. It is closed before calls that change mounts, and by chdir(2). Nothing that is found here is given to the caller: it is
 * compared with what was found before. What is done to it by us is done for callers alone whom no permission of a directory stops
 * (attributes.ts).
 */
import { ERRNO } from '../../../linux/errno.ts';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  O_DIRECTORY,
  O_NOFOLLOW,
  RESOLVE_CACHED,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
} from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { TaskStamps } from '../caller/task-stamps.ts';
import type { Callers, FastCaller } from './callers.ts';
import { isDirectory } from './file-type.ts';
import { IDENTITY } from './paths.ts';
import type { Scratch } from './scratch.ts';

const { EAGAIN, ENOENT } = ERRNO;
const SLASH = 0x2f;
const NUL = 0;
/** No descriptor. */
const NONE = -1;

/** The caller is the one of whom the path was read if a look-up below its entry in procfs succeeds, or isSame() tells. */
type StartTasks = Pick<TaskStamps, 'entry' | 'found' | 'isSame'>;

export class Places {
  readonly #scratch: Scratch;
  readonly #callers: Callers;
  readonly #tasks: StartTasks;
  #fd = -1;
  /** It stays open after {@link leave}. */
  #isKept = false;
  /** Where a path started before, and the link of its caller that led there. */
  #held = NONE;
  #heldLink = '';
  readonly #heldStart = new Int32Array(IDENTITY.length);
  /** The path starts at a directory: it may start at any file that a descriptor is open of, and fails then. */
  #isDirectory = false;
  #isAbsolute = false;
  /** The path starts at the root of the caller. */
  #isAtRoot = false;
  #directory = -1;
  #descriptor = 0;
  /** The way of the path before, to the directory that is still open. */
  #kept: string | undefined;
  /** By {@link IDENTITY}: the directory that the path starts from. */
  readonly start = new Int32Array(IDENTITY.length);
  /** struct statx of {@link directory}. */
  readonly stat = new Int32Array(64);
  /** Length of the part of the path that leads to the directory: 0 = the path is a name. */
  way = 0;
  /** {@link start} is that of the current call. */
  isEntered = false;
  /** Slashes follow the name, which are cut off until {@link leave}: it must be a directory. */
  isSlashed = false;
  #end = 0;
  /** After {@link openDirectory}: what the way leads to is not there, as far as the kernel's caches tell. */
  lacksDirectory = false;

  constructor(scratch: Scratch, callers: Callers, tasks: StartTasks) {
    this.#scratch = scratch;
    this.#callers = callers;
    this.#tasks = tasks;
  }

  /** To be called first for a path that was read, and followed by {@link leave}. @param descriptor AT_FDCWD, or of the caller. */
  enter(caller: FastCaller, tid: Tid, descriptor: number): boolean {
    const scratch = this.#scratch;
    const isAbsolute = scratch.text.startsWith('/');
    this.way = 0;
    this.isSlashed = false;
    this.lacksDirectory = false;
    if (this.#kept !== undefined && isAbsolute === this.#isAbsolute && (isAbsolute || descriptor === this.#descriptor))
      return true;
    this.leave();
    this.#isAbsolute = isAbsolute;
    this.#descriptor = descriptor;
    this.#isKept = false;
    this.isEntered = false;
    if (!(isAbsolute && caller.hasRoot ? this.#startsAtRoot(tid) : this.#startsAt(tid, this.#link(descriptor))))
      return false;
    if (isAbsolute) this.start.set(caller.root);
    this.isEntered = true;
    this.#isAtRoot = isEqual(this.start, caller.root);
    return true;
  }

  /** At the root that most have. */
  #startsAtRoot(tid: Tid): boolean {
    if (!this.#tasks.isSame(tid)) return false;
    this.#fd = this.#callers.rootFd;
    this.#isKept = true;
    return this.#fd >= 0;
  }

  /** Where a link of the caller leads. */
  #startsAt(tid: Tid, link: string): boolean {
    const scratch = this.#scratch;
    const entry = this.#tasks.entry(tid);
    if (this.#held >= 0 && this.#heldLink === link) {
      if (!scratch.statEntry(entry, link)) return false;
      this.#tasks.found(tid);
      this.#takeStart();
      this.#isKept = isEqual(this.start, this.#heldStart);
      if (this.#isKept) this.#fd = this.#held;
      if (this.#isKept) return true;
    }
    this.#fd = scratch.openEntry(entry, link);
    if (this.#fd < 0) return false;
    this.#tasks.found(tid);
    if (!scratch.statAt(this.#fd, scratch.empty, AT_EMPTY_PATH)) return false;
    this.#takeStart();
    return true;
  }

  /** From what statx(2) has just said. */
  #takeStart(): void {
    const { stat } = this.#scratch;
    this.stat.set(stat);
    this.#isDirectory = isDirectory(stat);
    for (let at = 0; at < IDENTITY.length; at++) this.start[at] = stat[IDENTITY[at] as number] as number;
  }

  /** Keeps open where the path starts. */
  #hold(): void {
    this.release();
    this.#held = this.#fd;
    this.#heldLink = this.#link(this.#descriptor);
    this.#heldStart.set(this.start);
  }

  /** Lets go of where a path started before. */
  release(): void {
    if (this.#held >= 0) this.#scratch.close(this.#held);
    this.#held = NONE;
  }

  /** The call has another path: {@link enter} is to be called again, and may find that it leads to the same directory. */
  keep(): void {
    this.#kept = this.#scratch.text.slice(0, this.way);
  }

  #link(descriptor: number): string {
    if (this.#isAbsolute) return 'root';
    return descriptor === AT_FDCWD ? 'cwd' : `fd/${descriptor}`;
  }

  /** The directory of the last path, for {@link restore}: the next {@link enter} forgets it. */
  get found(): Pick<Places, 'stat' | 'way'> {
    return { way: this.way, stat: Int32Array.from(this.stat) };
  }

  restore({ stat, way }: Pick<Places, 'stat' | 'way'>): void {
    this.way = way;
    this.stat.set(stat);
  }

  /** @param keeps the next path may start where this one does. */
  leave(keeps = false): void {
    if (this.isSlashed) this.#scratch.path[this.#end] = SLASH;
    this.isSlashed = false;
    this.#closeDirectory();
    if (this.#fd >= 0 && !this.#isKept) {
      if (keeps && this.isEntered && this.#isDirectory) this.#hold();
      else this.#scratch.close(this.#fd);
    }
    this.#fd = -1;
    this.#kept = undefined;
  }

  #closeDirectory(): void {
    if (this.#directory >= 0 && this.#directory !== this.#fd) this.#scratch.close(this.#directory);
    this.#directory = -1;
  }

  /** Where the path starts: a descriptor of ours. */
  get startDescriptor(): number {
    return this.#fd;
  }

  /** What the path leads to that {@link Scratch.path} has at the moment: a descriptor or a negative errno. */
  openFromStart(flags: number): number {
    return this.#scratch.open(this.#fd, this.#scratch.pathFrom(0), flags, this.#how);
  }

  /** What the whole path leads to: a descriptor or a negative errno. */
  open(follows: boolean): number {
    const flags = follows ? 0 : O_NOFOLLOW;
    return this.openFromStart(flags);
  }

  /** Does the whole path lead to something that statx(2) tells of then? A link in the place of a name alone may be told of itself. */
  look(follows: boolean): boolean {
    const scratch = this.#scratch;
    if (!scratch.text.includes('/')) return scratch.statName(this.#fd, scratch.pathFrom(0)) === 0;
    const fd = this.open(follows);
    if (fd < 0) return false;
    const isThere = scratch.statAt(fd, scratch.empty, AT_EMPTY_PATH);
    scratch.close(fd);
    return isThere;
  }

  /** Is there nothing where the first bytes of the path lead? A link that leads nowhere is something. */
  isMissing(length: number): boolean {
    const { path } = this.#scratch;
    const byte = path[length] as number;
    path[length] = NUL;
    const fd = this.open(false);
    path[length] = byte;
    if (fd >= 0) this.#scratch.close(fd);
    return fd === -ENOENT;
  }

  get #how(): number {
    return RESOLVE_CACHED | RESOLVE_NO_MAGICLINKS | (this.#isAbsolute ? RESOLVE_IN_ROOT : 0);
  }

  /**
   * Opens the directory of the last name, for {@link stat}. @param parents `..` alone counts as a name, but not in the caller's root.
   * @returns `false` = it is not in the caches, or there is no name.
   */
  openDirectory(end: number, parents = false): boolean {
    const scratch = this.#scratch;
    const { path, text } = scratch;
    let last = end;
    while (last > 1 && text[last - 1] === '/') last--;
    const way = text.lastIndexOf('/', last - 1) + 1;
    const isParent = parents && way === 0 && last === 2 && !this.#isAtRoot;
    if (way === last || (isDots(text, way, last) && !isParent)) return false;
    this.way = way;
    this.isSlashed = last < end;
    this.#end = last;
    path[last] = NUL;
    if (this.#kept !== undefined) {
      if (this.#kept === text.slice(0, way)) return true;
      this.#closeDirectory();
    }
    if (way === 0) {
      this.#directory = this.#fd;
      // Where the path starts was looked at by {@link enter}.
      return (this.#kept ?? '') === '' || this.#look(this.#fd);
    }
    const cut = way > 1 ? way - 1 : way;
    const byte = path[cut] as number;
    path[cut] = NUL;
    this.#directory = this.openFromStart(O_DIRECTORY);
    this.lacksDirectory = this.#directory === -ENOENT || this.#directory === -EAGAIN;
    path[cut] = byte;
    return this.#directory >= 0 && this.#look(this.#directory);
  }

  /** Where the last name of the path ends, which ends there with its slashes. */
  nameEnd(end: number): number {
    return this.isSlashed ? this.#end : end;
  }

  #look(fd: number): boolean {
    const scratch = this.#scratch;
    if (!scratch.statAt(fd, scratch.empty, AT_EMPTY_PATH)) return false;
    this.stat.set(scratch.stat);
    return true;
  }

  /** A descriptor of ours, after {@link openDirectory}. */
  get directory(): number {
    return this.#directory;
  }

  /** The same, for the taker to close. */
  takeDirectory(): number {
    const taken = this.#directory;
    if (taken === this.#fd) return this.#scratch.duplicate(taken);
    this.#directory = -1;
    return taken;
  }
}

function isEqual(one: Int32Array, other: ArrayLike<number>): boolean {
  for (let at = 0; at < other.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

/** Is it `.` or `..`? */
function isDots(path: string, start: number, end: number): boolean {
  const length = end - start;
  return path[start] === '.' && (length === 1 || (length === 2 && path[start + 1] === '.'));
}
