/**
 * Cache of system calls on paths that were allowed without an audit record. An answer is used again for a caller with
 * the same subject number, the same path from the same directory, and the same unchanged file.
 *
 * Model: an answer is valid until the epoch moves (epoch.ts), as it does for changes of policies, modes and labels, and
 * until paths may lead elsewhere: when directories or links are moved, or made where one was removed, and for mounts. The file at the
 * end of the path is looked up in the kernel's caches each time: for another file, or one whose inode has changed, the modules are asked
 * again; a name that was missing must still be. Of a directory in which many names are used the way is remembered alone, and
 * its label looked at each time (foreseen.ts). The kernel's own permission checks are not in the answer: the kernel makes them
 * when it continues with the call.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_NOFOLLOW, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from '../../../linux/fcntl.ts';
import { type CallerFd, type Tid, tidOf } from '../../../linux/ids.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import type { OpenPlace } from '../caller/call-places.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { type FileStamp, isSettled, stampOf } from '../caller/file-stamp.ts';
import type { Epoch } from '../protocol/epoch.ts';
import type { NamedPlace } from '../protocol/removed-places.ts';
import type { Subject, Subjects } from './subjects.ts';
import type { PathToWalk } from './walk.ts';

const REMEMBERED = 8192;
/** Milliseconds after which a call that changes names counts as completed. */
const SETTLED_MS = 1000;
/** The same for calls that were under way when there began to be something to decide. */
const UNSEEN_MS = 50;
/** No thread has this id. */
const NOBODY = tidOf(-1);

/** The key of an answer. */
export interface Beginning {
  readonly epoch: number;
  /** Epoch.names */
  readonly names: number;
  /** Subject, root and start directory, the path, and the call with its arguments. */
  readonly way: string;
  /** What the path leads to: a directory in which a name is used, or the file that the call is about. */
  readonly to: 'directory' | 'file';
  /** Of a directory: number of the argument whose path leads there, if it is one of the call's. */
  readonly argument?: number;
}

/** Identity of the file, or the path up to a name that is not there. */
export type Found = { readonly file: string } | { readonly missing: string };

/** What is to be remembered where. */
export interface KnownAnswer {
  readonly beginning: Beginning;
  readonly found: Found;
}

interface Known extends Pick<Beginning, 'epoch' | 'names'> {
  readonly found: Found;
}

/** What of a caller stays while its subject does. */
interface OfSubject extends Pick<Beginning, 'names'> {
  /** Identity of its root. */
  readonly root: string;
  /** By which files are judged beside the subject. */
  readonly ids: string;
}

export class KnownPaths {
  /** Dropped with the subjects. */
  readonly #ofSubjects = new WeakMap<Subject, OfSubject>();
  readonly #view: CallerView;
  readonly #subjects: Subjects;
  readonly #epoch: Epoch;
  readonly #ids: (tid: Tid) => string;
  readonly #remembered: (beginning: Beginning, found: Found) => void;
  /** By subject and path. */
  readonly #known = new Map<string, Known>();
  /** Threads that are changing names, and since when. */
  readonly #changing = new Map<Tid, number>();

  /** @param remembered told what is remembered. */
  constructor(
    view: CallerView,
    subjects: Subjects,
    epoch: Epoch,
    ids: (tid: Tid) => string,
    remembered: (beginning: Beginning, found: Found) => void = () => undefined,
  ) {
    this.#remembered = remembered;
    this.#view = view;
    this.#subjects = subjects;
    this.#epoch = epoch;
    this.#ids = ids;
  }

  /** To be made before the file is looked at. `undefined` = the answer cannot be cached. @param what kind of call, with flags. */
  begin({ tid, dirfd, path, follow }: PathToWalk, what: string): Beginning | undefined {
    this.#changing.delete(tid);
    const { names } = this.#epoch;
    const subject = this.#subjects.of(tid);
    if (subject === undefined) return undefined;
    const of = this.#ofSubject(tid, subject);
    const from = path.startsWith('/') ? '' : this.#startOf(tid, dirfd, false);
    if (of === undefined || from === undefined) return undefined;
    const way = `${subject.number} ${of.ids} ${what} ${Number(follow)} ${of.root} ${from} ${path}`;
    return { epoch: subject.epoch, names, way, to: 'file' };
  }

  /**
   * Was this call allowed before, to the same subject and for the file that the path leads to now?
   * @param keeps the file is kept for who looks at it next (CallStarts.found).
   */
  allows(beginning: Beginning, walk: PathToWalk, keeps = false): boolean {
    const found = this.#knownAt(beginning);
    const allows = found !== undefined && this.#isStill(found, walk, keeps);
    if (allows) this.#remembered(beginning, found);
    return allows;
  }

  #isStill(found: Found, { tid, dirfd, path, follow }: PathToWalk, keeps: boolean): boolean {
    const absolute = path.startsWith('/');
    const start = this.#view.starts.of(tid, dirfd, absolute);
    if (start < 0) return false;
    const resolve = absolute ? RESOLVE_IN_ROOT : 0;
    const isMissing = 'missing' in found;
    // A link that leads nowhere may have the name by now.
    const flags = follow && !isMissing ? 0 : O_NOFOLLOW;
    const name = isMissing ? found.missing : path;
    const cached = this.#view.openCached(tid, start, name, flags, resolve);
    // Some filesystems (sysfs, FUSE) want to be asked about each name.
    const file = cached === -ERRNO.EAGAIN ? this.#view.resolve(tid, start, name, flags, resolve) : cached;
    if (file < 0) return isMissing && file === -ERRNO.ENOENT;
    const stamp = isMissing ? undefined : stampOf(this.#view, file);
    if (keeps && stamp !== undefined) this.#view.starts.found.keep({ tid, dirfd, path, fd: file, stamp });
    else this.#view.close(file);
    return stamp !== undefined && !isMissing && identityIn(stamp) === found.file;
  }

  /** Does the path lead to a file of no process, past none? In the kernel's caches; `false` = not known. */
  isOrdinary({ tid, dirfd, path, follow }: PathToWalk): boolean {
    const absolute = path.startsWith('/');
    const start = this.#view.starts.of(tid, dirfd, absolute);
    if (start < 0) return false;
    const resolve = RESOLVE_NO_MAGICLINKS | (absolute ? RESOLVE_IN_ROOT : 0);
    const file = this.#view.openCached(tid, start, path, follow ? 0 : O_NOFOLLOW, resolve);
    if (file < 0) return false;
    const magic = this.#view.filesystemMagic(file, tid);
    this.#view.close(file);
    return magic !== 0 && magic !== PROC_SUPER_MAGIC;
  }

  /** @param found {@link identity} of the file in question, or that there is none. */
  remember(beginning: Beginning, found: Found): void {
    if (!this.isSteady) return;
    const { epoch, names, way } = beginning;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(way, { epoch, names, found });
    this.#remembered(beginning, found);
  }

  /** Does no thread change names at the moment? */
  get isSteady(): boolean {
    if (this.#changing.size === 0) return true;
    const now = performance.now();
    for (const [tid, since] of this.#changing)
      if (now - since > SETTLED_MS || hasEnded(tid)) this.#changing.delete(tid);
    return this.#changing.size === 0;
  }

  /** The thread makes a call: its earlier ones have returned. */
  returned(tid: Tid): void {
    if (this.#changing.size > 0) this.#changing.delete(tid);
  }

  /** To be called before the thread moves or removes a directory or a link, or changes its root: until its next call nothing is kept. */
  namesChange(tid: Tid): void {
    this.#changing.set(tid, performance.now());
    this.#epoch.moveNames();
  }

  /**
   * To be called before the thread removes a directory or a link.
   * @param place where it is; absent = not known, or its filesystem does not tell when it was made, so that another one may get its number.
   */
  removes(tid: Tid, place: NamedPlace | undefined): void {
    if (place === undefined) {
      this.namesChange(tid);
      return;
    }
    this.#changing.set(tid, performance.now());
    this.#epoch.removes(place);
  }

  /** Was any removed, so that {@link makes} is to be called? */
  get lacksWays(): boolean {
    return this.#epoch.mayLeadElsewhere(undefined);
  }

  /** To be called before the thread makes a directory or a link. @param place absent = not known. */
  makes(tid: Tid, place: NamedPlace | undefined): void {
    if (this.#epoch.mayLeadElsewhere(place)) this.namesChange(tid);
  }

  /** The same of calls that nobody looked at: until those which were under way are surely over. */
  namesMayChange(): void {
    this.#changing.set(NOBODY, performance.now() - SETTLED_MS + UNSEEN_MS);
    this.#epoch.moveNames();
  }

  /** The key of the way to a directory in which the thread uses a name. `undefined` = it cannot be cached. */
  wayTo(
    tid: Tid,
    { start, absolute, parent }: Pick<OpenPlace, 'absolute' | 'parent' | 'start'>,
    argument?: number,
  ): Beginning | undefined {
    this.#changing.delete(tid);
    const { names } = this.#epoch;
    const subject = this.#subjects.of(tid);
    const of = subject && this.#ofSubject(tid, subject);
    const from = absolute ? '' : this.#startBy(start);
    if (subject === undefined || of === undefined || from === undefined) return undefined;
    return {
      epoch: subject.epoch,
      names,
      way: `${subject.number} ${of.ids} to ${of.root} ${from} ${parent}`,
      to: 'directory',
      ...(argument !== undefined && { argument }),
    };
  }

  /** Are all directories and links on the way known to be passed without asking, and does it lead there? */
  leads(beginning: Beginning, { stamp }: Pick<OpenPlace, 'stamp'>): boolean {
    const found = this.#knownAt(beginning);
    const leads = found !== undefined && 'file' in found && found.file === placeIn(stamp);
    if (leads) this.#remembered(beginning, found);
    return leads;
  }

  #knownAt({ epoch, names, way }: Beginning): Found | undefined {
    const known = this.#known.get(way);
    if (known?.epoch !== epoch || known.names !== names) return undefined;
    return epoch === this.#epoch.now && names === this.#epoch.names ? known.found : undefined;
  }

  /** To be remembered for {@link leads}; what changes about the directory is looked at each time. */
  placeOf(directory: number): Found | undefined {
    const stamp = stampOf(this.#view, directory);
    return stamp && { file: placeIn(stamp) };
  }

  /** Identity of the file behind a descriptor of ours; `undefined` = not known, or another file can get the same by now. */
  identity(fd: number): string | undefined {
    const stamp = stampOf(this.#view, fd);
    return stamp && isSettled(stamp) ? identityIn(stamp) : undefined;
  }

  #ofSubject(tid: Tid, subject: Subject): OfSubject | undefined {
    const { names } = this.#epoch;
    const known = this.#ofSubjects.get(subject);
    if (known?.names === names) return known;
    const root = this.#startOf(tid, AT_FDCWD, true);
    if (root === undefined) return undefined;
    const found = { names, root, ids: this.#ids(tid) };
    // A thread that shares its root with this one may be changing it.
    if (this.#changing.size === 0) this.#ofSubjects.set(subject, found);
    return found;
  }

  /** Identity of the directory that a path starts from. */
  #startOf(tid: Tid, dirfd: CallerFd, absolute: boolean): string | undefined {
    const stamp = this.#view.starts.stampOf(tid, dirfd, absolute);
    return stamp && placeIn(stamp);
  }

  #startBy(start: number): string | undefined {
    const stamp = this.#view.starts.stampBy(start);
    return stamp && placeIn(stamp);
  }
}

/** A thread that has ended has returned from its calls. */
const hasEnded = (tid: Tid): boolean => tid > 0 && rawSyscall(NR.kill, tid, 0) === -ERRNO.ESRCH;

/** Tells a file, also from one that gets its number later, and the mount by which it is reached. */
const placeIn = ({ born, device, ino, mount }: FileStamp): string => `${device} ${ino} ${mount} ${born}`;

/** The same, and when it has changed. */
export const identityIn = (stamp: FileStamp): string => `${placeIn(stamp)} ${stamp.seconds}.${stamp.nanoseconds}`;
