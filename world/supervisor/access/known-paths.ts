/**
 * Cache of system calls on paths that were allowed without an audit record. An answer is used again for a caller with
 * the same subject number, the same path from the same directory, and the same unchanged file.
 *
 * Model: an answer is valid until the epoch moves (epoch.ts), as it does for changes of policies, modes and labels; here
 * also when directories or links are moved or removed, and for mounts, because the path could then lead through other
 * directories. The file at the end of the path is looked up in the kernel's caches each time: for another file, or one
 * whose inode has changed, the modules are asked again. The kernel's own permission checks are not in the answer: the
 * kernel makes them when it continues with the call.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { AT_EMPTY_PATH, AT_STATX_DONT_SYNC, O_NOFOLLOW, RESOLVE_IN_ROOT } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import { STATX_CTIME, STATX_INO, STATX_MNT_ID, STX } from '../../../linux/stat.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { NO_STAMP, type TaskStamps } from '../caller/task-stamps.ts';
import type { Epoch } from '../protocol/epoch.ts';
import type { PathToWalk } from './walk.ts';

const MASK = STATX_CTIME | STATX_INO | STATX_MNT_ID;
const REMEMBERED = 8192;
/** Milliseconds after which a call that changes names counts as completed. */
const SETTLED_MS = 1000;

interface Subject {
  readonly epoch: number;
  readonly number: number;
}

/** The key of an answer. */
export interface Beginning {
  readonly tid: Tid;
  readonly stamp: number;
  readonly epoch: number;
  /** Root and start directory, the path, and the call with its arguments. */
  readonly way: string;
}

interface Known {
  readonly epoch: number;
  readonly file: string;
}

export class KnownPaths {
  readonly #view: CallerView;
  readonly #tasks: TaskStamps;
  readonly #epoch: Epoch;
  /** By stamp. */
  readonly #subjects = new Map<number, Subject>();
  /** By subject number and path. */
  readonly #known = new Map<string, Known>();
  /** Threads that are changing names, and since when. */
  readonly #changing = new Map<Tid, number>();

  constructor(view: CallerView, tasks: TaskStamps, epoch: Epoch) {
    this.#view = view;
    this.#tasks = tasks;
    this.#epoch = epoch;
  }

  /** To be made before the file is looked at. `undefined` = the answer cannot be cached. @param what kind of call, with flags. */
  begin({ tid, dirfd, path, follow }: PathToWalk, what: string): Beginning | undefined {
    this.#changing.delete(tid);
    const epoch = this.#epoch.now;
    const stamp = this.#tasks.of(tid);
    if (stamp === NO_STAMP) return undefined;
    const root = this.#startOf(tid, dirfd, true);
    const from = path.startsWith('/') ? '' : this.#startOf(tid, dirfd, false);
    if (root === undefined || from === undefined) return undefined;
    return { tid, stamp, epoch, way: `${what} ${Number(follow)} ${root} ${from} ${path}` };
  }

  /** Was this call allowed before, to the same subject and for the file that the path leads to now? */
  allows({ stamp, epoch, way }: Beginning, { tid, dirfd, path, follow }: PathToWalk): boolean {
    const subject = this.#subjects.get(stamp);
    if (subject?.epoch !== epoch) return false;
    const known = this.#known.get(`${subject.number} ${way}`);
    if (known?.epoch !== epoch) return false;
    const absolute = path.startsWith('/');
    const start = this.#view.openStart(tid, dirfd, absolute);
    if (start < 0) return false;
    const resolve = absolute ? RESOLVE_IN_ROOT : 0;
    const file = this.#view.openCached(tid, start, path, follow ? 0 : O_NOFOLLOW, resolve);
    this.#view.close(start);
    if (file < 0) return false;
    const same = this.identity(file) === known.file;
    this.#view.close(file);
    return same;
  }

  /** @param subject the caller's number, from the answer. @param file {@link identity} of the file in question. */
  remember({ stamp, epoch, way }: Beginning, subject: number, file: string): void {
    const now = performance.now();
    for (const [tid, since] of this.#changing) if (now - since > SETTLED_MS) this.#changing.delete(tid);
    if (this.#changing.size > 0) return;
    if (this.#subjects.size >= REMEMBERED) this.#subjects.clear();
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#subjects.set(stamp, { epoch, number: subject });
    this.#known.set(`${subject} ${way}`, { epoch, file });
  }

  /** To be called before the thread moves or removes a directory or a link: until its next call nothing is remembered. */
  namesChange(tid: Tid): void {
    this.#changing.set(tid, performance.now());
    this.#epoch.move();
  }

  /** To be called before the thread's label or credentials change. */
  forget(tid: Tid): void {
    this.#subjects.delete(this.#tasks.of(tid));
  }

  /** Identity of the file behind a descriptor of ours; `undefined` = not known. */
  identity(fd: number): string | undefined {
    return this.#stat(fd, true);
  }

  /** Identity of the directory that a path starts from. */
  #startOf(tid: Tid, dirfd: CallerFd, absolute: boolean): string | undefined {
    const start = this.#view.openStart(tid, dirfd, absolute);
    if (start < 0) return undefined;
    const identity = this.#stat(start, false);
    this.#view.close(start);
    return identity;
  }

  #stat(fd: number, withTime: boolean): string | undefined {
    const view = this.#view;
    const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    if (rawSyscall(NR.statx, fd, view.path(''), flags, MASK, view.resultAddress) < 0) return undefined;
    const statx = view.resultView;
    const place = [STX.DEV_MAJOR, STX.INO, STX.MNT_ID].map((at) => statx.getBigUint64(at, true)).join(' ');
    return withTime ? `${place} ${statx.getBigInt64(STX.CTIME, true)}.${statx.getUint32(STX.CTIME + 8, true)}` : place;
  }
}
