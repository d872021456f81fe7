/**
 * Files that open(2) makes; they can be looked at only after the call.
 *
 * Model: before the call the file is reported as it will be, empty, under a temporary key. At the next notified call of
 * any thread, or a moment later, it exists, and its real key is reported. When the same thread makes another call and
 * there is no file, its call has failed.
 */

import { ERRNO } from '../../../linux/errno.ts';
import { O_NOFOLLOW, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../../../linux/fcntl.ts';
import { type CallerFd, type Tid, tidOf } from '../../../linux/ids.ts';
import { S_IFREG, S_ISGID } from '../../../linux/stat.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { placeOf } from '../caller/place.ts';
import { type Creation, InodeClock, isMade } from '../pending/new-inode.ts';
import type { ReportedFile } from './reported-use.ts';

interface PendingFile {
  /** Descriptor of the directory in which it is made; closed by us. */
  readonly directory: number;
  readonly name: string;
  readonly tid: Tid;
  readonly key: string;
  readonly creation: Creation;
  attempts: number;
}

const LIMIT = 256;
/** After this many calls of other threads the call counts as failed: its thread may have ended. */
const ATTEMPTS = 200;
const FRESH = 4;
const { ENOENT } = ERRNO;
const DEFAULT_MODE = 0o644;
const NANOSECONDS = 1_000_000_000n;

/** Called when the file expected under `key` exists. @param fd of the file, closed by us. */
export type Made = (fd: number, key: string) => void;

export class NewFiles {
  readonly #view: CallerView;
  readonly #clock: InodeClock;
  readonly #made: Made;
  #pending: PendingFile[] = [];
  #serial = 0;

  constructor(view: CallerView, made: Made) {
    this.#view = view;
    this.#clock = new InodeClock(view);
    this.#made = made;
  }

  /**
   * To be called before a call that creates `path`, which does not exist.
   * @param look reads the facts of the directory. @returns the file as it will be; `undefined` = it cannot be made there.
   */
  expect(
    tid: Tid,
    dirfd: CallerFd,
    path: string,
    look: (directory: number) => ReportedFile | undefined,
  ): ReportedFile | undefined {
    const credentials = this.#view.credentials(tid);
    const place = credentials && placeOf(this.#view, tid, dirfd, path);
    if (credentials === undefined || place === undefined) return undefined;
    const { directory, name } = place;
    const facts = look(directory);
    if (facts === undefined || this.#open(directory, name) !== -ENOENT) {
      this.#view.close(directory);
      return undefined;
    }
    const since = this.#clock.now();
    const key = `${facts.content.key.slice(0, facts.content.key.indexOf(' '))} new ${tid} ${++this.#serial}`;
    const [oldest] = this.#pending.length < LIMIT ? [] : this.#pending.splice(0, 1);
    if (oldest !== undefined) this.#view.close(oldest.directory);
    const { fsuid } = credentials;
    this.#pending.push({ directory, name, tid, key, creation: { fsuid, since }, attempts: 0 });
    const below = (path: string): string => `${path.replace(/\/$/, '')}/${name}`;
    const { path: from, inode, superblock, content } = facts;
    const time = String(BigInt(since.seconds) * NANOSECONDS + BigInt(since.nanoseconds));
    return {
      ...{ path: below(from), device: facts.device, mode: S_IFREG | DEFAULT_MODE, superblock },
      inode: {
        ...inode,
        class: 'file',
        path: below(inode.path),
        ...(inode.entry !== undefined && { entry: below(inode.entry) }),
        ino: 0,
        uid: fsuid,
        gid: (facts.mode & S_ISGID) === 0 ? credentials.fsgid : inode.gid,
        xattrs: {},
      },
      content: { ...content, key, size: 0, mtime: time, ctime: time, writers: false, openers: false },
    };
  }

  /** Is there a pending file that is still looked for without a call of its world? */
  get fresh(): boolean {
    return this.#pending.some(({ attempts }) => attempts < FRESH);
  }

  /** Reports the files that exist by now. `tid` makes a call, so its earlier ones have returned. */
  complete(tid: Tid): void {
    if (this.#pending.length === 0) return;
    this.#pending = this.#pending.filter((entry) => {
      const found = this.#find(entry);
      entry.attempts++;
      if (!found && entry.tid !== tid && entry.attempts < ATTEMPTS) return true;
      this.#view.close(entry.directory);
      return false;
    });
  }

  close(): void {
    this.complete(tidOf(0));
    for (const { directory } of this.#pending) this.#view.close(directory);
    this.#pending = [];
  }

  #find({ directory, name, creation, key }: PendingFile): boolean {
    const fd = this.#open(directory, name);
    if (fd < 0) return false;
    if (isMade(this.#clock.historyOf(fd), creation)) this.#made(fd, key);
    this.#view.close(fd);
    return true;
  }

  #open(directory: number, name: string): number {
    return this.#view.openAt2(directory, name, O_NOFOLLOW, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
  }
}
