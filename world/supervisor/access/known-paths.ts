/**
 * System calls on paths that were allowed without a record, and are again: for who is to the modules what the first
 * caller was, by the same path from the same directory, as long as it leads to the same unchanged file.
 *
 * Model: nothing is kept but answers. One is good until the epoch moves (epoch.ts), which it does for policies, modes
 * and labels; here also for directories and links that are moved or removed, and for mounts, since a path could then
 * lead the same way through others. What the path leads to is found in the kernel's caches each time: another file, or
 * one whose inode has changed, is asked about anew. Permissions of the kernel's own are not in the answer: the call
 * goes on and the kernel decides.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { AT_EMPTY_PATH, AT_FDCWD, AT_STATX_DONT_SYNC, O_NOFOLLOW, RESOLVE_IN_ROOT } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { STATX_CTIME, STATX_INO, STATX_MNT_ID, STX } from '../../../linux/stat.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { NO_STAMP, type TaskStamps } from '../caller/task-stamps.ts';
import type { Epoch } from '../protocol/epoch.ts';
import type { PathToWalk } from './walk.ts';

const MASK = STATX_CTIME | STATX_INO | STATX_MNT_ID;
const REMEMBERED = 8192;
/** A call that changes names has happened by then. */
const SETTLED_MS = 1000;

interface Subject {
  readonly epoch: number;
  readonly number: number;
}

/** How a call began: what must be the same. */
export interface Beginning {
  readonly tid: Tid;
  readonly stamp: number;
  readonly epoch: number;
  /** Root and start of the path, the path, and what is done there. */
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
  /** By subject and way. */
  readonly #known = new Map<string, Known>();
  /** Threads that are changing names, and since when. */
  readonly #changing = new Map<Tid, number>();

  constructor(view: CallerView, tasks: TaskStamps, epoch: Epoch) {
    this.#view = view;
    this.#tasks = tasks;
    this.#epoch = epoch;
  }

  /** To be taken before anything is looked at. `undefined` when the same could not be recognised. @param what kind of call, with flags. */
  begin({ tid, dirfd, path, follow }: PathToWalk, what: string): Beginning | undefined {
    this.#changing.delete(tid);
    const epoch = this.#epoch.now;
    const stamp = this.#tasks.of(tid);
    if (stamp === NO_STAMP) return undefined;
    const root = this.#identityOf(tid, `/proc/${tid}/root`);
    const from = path.startsWith('/')
      ? ''
      : this.#identityOf(tid, dirfd === AT_FDCWD ? `/proc/${tid}/cwd` : `/proc/${tid}/fd/${dirfd}`);
    if (root === undefined || from === undefined) return undefined;
    return { tid, stamp, epoch, way: `${what} ${Number(follow)} ${root} ${from} ${path}` };
  }

  /** Was it allowed before, to somebody like the caller, with the file that is there now? */
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

  /** @param subject number of the caller's, from the answer. @param file {@link identity} of what was asked about. */
  remember({ stamp, epoch, way }: Beginning, subject: number, file: string): void {
    const now = performance.now();
    for (const [tid, since] of this.#changing) if (now - since > SETTLED_MS) this.#changing.delete(tid);
    if (this.#changing.size > 0) return;
    if (this.#subjects.size >= REMEMBERED) this.#subjects.clear();
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#subjects.set(stamp, { epoch, number: subject });
    this.#known.set(`${subject} ${way}`, { epoch, file });
  }

  /** The thread is about to move or remove a directory or a link: until its next call nothing is remembered. */
  namesChange(tid: Tid): void {
    this.#changing.set(tid, performance.now());
    this.#epoch.move();
  }

  /** What decides about the thread is about to change. */
  forget(tid: Tid): void {
    this.#subjects.delete(this.#tasks.of(tid));
  }

  /** Of a descriptor of ours; `undefined` when it cannot be told. */
  identity(fd: number): string | undefined {
    return this.#stat(fd, '', AT_EMPTY_PATH, true);
  }

  #identityOf(tid: Tid, link: string): string | undefined {
    return this.#view.mayName(tid, AT_FDCWD, link, true) < 0 ? undefined : this.#stat(AT_FDCWD, link, 0, false);
  }

  #stat(directory: number, path: string, flags: number, withTime: boolean): string | undefined {
    const view = this.#view;
    const address = view.path(path);
    if (rawSyscall(NR.statx, directory, address, flags | AT_STATX_DONT_SYNC, MASK, view.resultAddress) < 0)
      return undefined;
    const statx = view.resultView;
    const place = [STX.DEV_MAJOR, STX.INO, STX.MNT_ID].map((at) => statx.getBigUint64(at, true)).join(' ');
    return withTime ? `${place} ${statx.getBigInt64(STX.CTIME, true)}.${statx.getUint32(STX.CTIME + 8, true)}` : place;
  }
}
