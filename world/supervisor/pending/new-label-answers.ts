/**
 * What is to be stored with new files, as far as it was asked before: programs make many files in one directory.
 *
 * Model: the answer follows from the task, the directory with its stored attributes, the class and, for names that the
 * answer lists, the name; and from what moves the epoch. A directory is known by its inode and by the number of its
 * mount that is never given again, so that its filesystem is the same, too, and answers as it did before. Its
 * attributes are read each time, because they can be changed from outside of the world; if another directory has its
 * number now, they are all that matters.
 */

import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { AT_EMPTY_PATH, AT_STATX_DONT_SYNC, O_DIRECTORY, RESOLVE_IN_ROOT } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import { STATX_INO, STATX_MNT_ID_UNIQUE, STX } from '../../../linux/stat.ts';
import type { InodeClass, NewSecurity, SecurityXattr } from '../../../lsm/framework/files/inode.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector } from '../caller/file-inspector.ts';
import { splitPlace } from '../caller/place.ts';
import { NO_STAMP, type TaskStamps } from '../caller/task-stamps.ts';
import type { Epoch } from '../protocol/epoch.ts';

const MASK = STATX_INO | STATX_MNT_ID_UNIQUE;
const REMEMBERED = 1024;
/** Paths in which the caller's own links mean something else to us (caller-view.ts). */
const LINKS_OF_CALLER = /^\/(?:proc|dev)(?:\/|$)/;

/** Who makes what where, and how the world is at that moment. */
export interface Circumstances {
  readonly key: string;
  readonly epoch: number;
}

interface Known {
  readonly epoch: number;
  /** Of the directory. */
  readonly attributes: string;
  readonly xattrs: readonly SecurityXattr[];
  readonly apart: ReadonlySet<string>;
}

export class NewLabelAnswers {
  readonly #view: CallerView;
  readonly #files: FileInspector;
  readonly #tasks: TaskStamps;
  readonly #epoch: Epoch;
  readonly #known = new Map<string, Known>();

  constructor(view: CallerView, files: FileInspector, tasks: TaskStamps, epoch: Epoch) {
    this.#view = view;
    this.#files = files;
    this.#tasks = tasks;
    this.#epoch = epoch;
  }

  /**
   * Is it known that nothing is to be stored with a file that the thread makes at `path`? Looks at what the kernel has
   * in its caches, with our rights: where the caller could not go, it makes no file.
   */
  nothing(tid: Tid, dirfd: CallerFd, path: string, objectClass: InodeClass): boolean {
    if (this.#known.size === 0 || LINKS_OF_CALLER.test(path)) return false;
    const place = splitPlace(path);
    if (place === undefined) return false;
    const view = this.#view;
    const absolute = path.startsWith('/');
    const start = view.openStart(tid, dirfd, absolute);
    if (start < 0) return false;
    const resolve = absolute ? RESOLVE_IN_ROOT : 0;
    const { parent, name } = place;
    const directory = parent === '' ? start : view.openCached(tid, start, parent, O_DIRECTORY, resolve);
    if (directory !== start) view.close(start);
    if (directory < 0) return false;
    const circumstances = this.circumstances(tid, directory, objectClass);
    const known = circumstances && this.#known.get(circumstances.key);
    // Only a directory that was asked about before is asked for its attributes: its filesystem is known to answer.
    const nothing =
      known !== undefined && known.xattrs.length === 0 && this.#holds(known, name, this.#files.security(directory));
    view.close(directory);
    return nothing;
  }

  /** `undefined` when the same circumstances could not be recognised. To be taken before the question is asked. */
  circumstances(tid: Tid, directory: number, objectClass: InodeClass): Circumstances | undefined {
    const epoch = this.#epoch.now;
    const stamp = this.#files.keepsLabels ? NO_STAMP : this.#tasks.of(tid);
    if (stamp === NO_STAMP) return undefined;
    const view = this.#view;
    const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    if (rawSyscall(NR.statx, directory, view.path(''), flags, MASK, view.resultAddress) < 0) return undefined;
    const statx = view.resultView;
    if ((statx.getUint32(STX.MASK, true) & STATX_MNT_ID_UNIQUE) === 0) return undefined;
    const key = `${stamp} ${statx.getBigUint64(STX.MNT_ID, true)} ${statx.getBigUint64(STX.INO, true)} ${objectClass}`;
    return { key, epoch };
  }

  find(
    { key }: Circumstances,
    name: string,
    attributes: Readonly<Record<string, string>>,
  ): readonly SecurityXattr[] | undefined {
    const known = this.#known.get(key);
    return known !== undefined && this.#holds(known, name, attributes) ? known.xattrs : undefined;
  }

  /** @param name that the answer is about. */
  remember(
    { key, epoch }: Circumstances,
    name: string,
    attributes: Readonly<Record<string, string>>,
    { xattrs, apart }: NewSecurity,
  ): void {
    if (apart === undefined || apart.includes(name)) return;
    if (this.#known.size === REMEMBERED) this.#known.clear();
    this.#known.set(key, { epoch, attributes: textOf(attributes), xattrs, apart: new Set(apart) });
  }

  #holds(known: Known, name: string, attributes: Readonly<Record<string, string>>): boolean {
    return !known.apart.has(name) && known.attributes === textOf(attributes) && known.epoch === this.#epoch.now;
  }
}

const textOf = (attributes: Readonly<Record<string, string>>): string => JSON.stringify(attributes);
