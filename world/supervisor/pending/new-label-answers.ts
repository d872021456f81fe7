/**
 * Cache of the attributes to be stored with new files: programs make many files in one directory.
 *
 * Model: the answer depends on the task, the directory with its stored attributes, the class and, for names that the
 * answer lists, the name; changes of anything else move the epoch. The key of a directory is its inode number and the
 * 64-bit mount id, which is never reused, so its filesystem is the same one. Its attributes are read in nearly
 * each call (recent-security.ts), because they can be changed from outside of the world; a directory that reuses the inode number
 * differs only in these.
 */

import { O_NOFOLLOW, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import type { InodeClass, NewSecurity, SecurityXattr } from '../../../lsm/framework/files/inode.ts';
import type { CallPlaces } from '../caller/call-places.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector } from '../caller/file-inspector.ts';
import { type FileStamp, stampOf } from '../caller/file-stamp.ts';
import { NO_STAMP, type TaskStamps } from '../caller/task-stamps.ts';
import type { Epoch } from '../protocol/epoch.ts';

const REMEMBERED = 1024;

/** The key of an answer: task, directory, class, and the epoch. */
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
  readonly #places: Pick<CallPlaces, 'find'>;
  readonly #known = new Map<string, Known>();

  constructor(
    view: CallerView,
    files: FileInspector,
    tasks: TaskStamps,
    epoch: Epoch,
    places: Pick<CallPlaces, 'find'>,
  ) {
    this.#view = view;
    this.#files = files;
    this.#tasks = tasks;
    this.#epoch = epoch;
    this.#places = places;
  }

  /**
   * Is it known that nothing is to be stored with a file that the thread makes at `path`? The path is looked up in the
   * kernel's caches only, with our rights: if the caller may not search it, it makes no file.
   * @param follows a link in the last place may lead to another directory.
   */
  nothing(tid: Tid, dirfd: CallerFd, path: string, objectClass: InodeClass, follows: boolean): boolean {
    const place = this.#known.size === 0 ? undefined : this.#places.find(tid, dirfd, path);
    if (place === undefined) return false;
    const { directory, name, stamp } = place;
    const circumstances = this.circumstances(tid, directory, objectClass, stamp);
    const known = circumstances && this.#known.get(circumstances.key);
    if (known === undefined || known.xattrs.length > 0) return false;
    // Attributes are read only of directories with a cached answer: their filesystems are known not to block us.
    return this.#holds(known, name, place.security()) && !(follows && this.#isLink(directory, name));
  }

  #isLink(directory: number, name: string): boolean {
    const fd = this.#view.openAt2(directory, name, O_NOFOLLOW, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
    if (fd < 0) return false;
    const isLink = this.#view.identity(fd)?.link === true;
    this.#view.close(fd);
    return isLink;
  }

  /** To be made before the question is asked. `undefined` = the answer cannot be cached. */
  circumstances(tid: Tid, directory: number, objectClass: InodeClass, given?: FileStamp): Circumstances | undefined {
    const epoch = this.#epoch.now;
    const task = this.#files.keepsLabels ? NO_STAMP : this.#tasks.of(tid);
    const stamp = task === NO_STAMP ? undefined : (given ?? stampOf(this.#view, directory));
    if (stamp?.isMountUnique !== true) return undefined;
    return { key: `${task} ${stamp.mount} ${stamp.ino} ${objectClass}`, epoch };
  }

  find(
    { key }: Circumstances,
    name: string,
    attributes: Readonly<Record<string, string>>,
  ): Pick<Known, 'apart' | 'xattrs'> | undefined {
    const known = this.#known.get(key);
    return known !== undefined && this.#holds(known, name, attributes) ? known : undefined;
  }

  /** @param name the new file's. */
  remember(
    { key, epoch }: Circumstances,
    name: string,
    attributes: Readonly<Record<string, string>>,
    { xattrs, apart, byDefault }: NewSecurity,
  ): void {
    if (apart === undefined || byDefault === true || apart.includes(name)) return;
    if (this.#known.size === REMEMBERED) this.#known.clear();
    this.#known.set(key, { epoch, attributes: textOf(attributes), xattrs, apart: new Set(apart) });
  }

  #holds(known: Known, name: string, attributes: Readonly<Record<string, string>>): boolean {
    return !known.apart.has(name) && known.attributes === textOf(attributes) && known.epoch === this.#epoch.now;
  }
}

const textOf = (attributes: Readonly<Record<string, string>>): string => JSON.stringify(attributes);
