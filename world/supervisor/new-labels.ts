/**
 * Labels of new files, which can only be written down when a system call has happened.
 *
 * Model: the call is notified before it happens; then it is decided which label the new file is to get, if any must be stored. The kernel goes
 * on, and at the next notified call of anybody (or at the end) the file is there and is labelled. All that can tell the difference goes
 * through us, so nobody in the world sees the moment in between. When the same thread makes another call and there is no file, its call
 * has failed and the label is dropped.
 */
import type { InodeClass, SecurityXattr } from '../../lsm/core/inode.ts';
import { AT_FDCWD, type CallerView, O_DIRECTORY, O_NOFOLLOW, O_PATH, RESOLVE_CACHED } from './caller-view.ts';
import type { FileInspector } from './file-facts.ts';
import { storeLabel } from './label-store.ts';
import { type Place, placeOf } from './place.ts';
import type { Answer, Question } from './questions.ts';
import type { SharedFlag } from './shared-flag.ts';

/** A file without a name (O_TMPFILE) is looked for among the descriptors of its maker: `name` is empty. */
interface PendingFile extends Place {
  readonly tid: number;
  /** Those that its maker had already, by inode number. */
  readonly unnamed?: ReadonlySet<string>;
  attempts: number;
  /** Of the directory, `major:minor`. */
  readonly device: string;
  readonly class: InodeClass;
  readonly xattrs: readonly SecurityXattr[];
}

/** Each holds a descriptor; more of them than this are not waiting for honest programs. */
const LIMIT = 256;
const ENOENT = 2;
/** A thread that ended does not say whether its call failed: so many calls of others later, it has. */
const ATTEMPTS = 200;
const FRESH = 4;

export class NewLabels {
  readonly #view: CallerView;
  readonly #files: FileInspector;
  readonly #ask: (question: Question) => Answer | undefined;
  readonly #labelling: SharedFlag;
  #pending: PendingFile[] = [];

  /** @param labelling unset = no module labels files yet. */
  constructor(
    view: CallerView,
    files: FileInspector,
    ask: (question: Question) => Answer | undefined,
    labelling: SharedFlag,
  ) {
    this.#view = view;
    this.#files = files;
    this.#ask = ask;
    this.#labelling = labelling;
  }

  /** Somebody is about to create `path`, unless it exists. */
  expectFile(tid: number, dirfd: number, path: string, objectClass: InodeClass): void {
    if (!this.#labelling.isSet) return;
    const existing = this.#view.resolveForCaller(tid, dirfd, path, O_NOFOLLOW, undefined, RESOLVE_CACHED);
    if (existing >= 0) {
      this.#view.close(existing); // the usual case
      return;
    }
    const place = placeOf(this.#view, tid, dirfd, path);
    if (place === undefined) return;
    if (!this.#expectIn(place.directory, tid, place.name, objectClass)) this.#view.close(place.directory);
  }

  /** Somebody is about to make a file without a name on the filesystem of the directory `path`. */
  expectUnnamed(tid: number, dirfd: number, path: string): void {
    if (!this.#labelling.isSet) return;
    const directory = this.#view.resolveForCaller(tid, dirfd, path, O_DIRECTORY);
    if (directory >= 0 && !this.#expectIn(directory, tid, '', 'file')) this.#view.close(directory);
  }

  /** Are there files to be labelled yet? */
  get waits(): boolean {
    return this.#pending.length > 0;
  }

  /** Is there a file that was not looked for often yet? */
  get fresh(): boolean {
    return this.#pending.some(({ attempts }) => attempts < FRESH);
  }

  /** `tid` makes a call: its earlier ones are over. */
  settle(tid: number): void {
    if (this.#pending.length === 0) return;
    this.#pending = this.#pending.filter((entry) => {
      const settled = this.#label(entry);
      entry.attempts++;
      if (!settled && entry.tid !== tid && entry.attempts < ATTEMPTS) return true;
      this.#view.close(entry.directory);
      return false;
    });
  }

  /** A filesystem is about to be unmounted: what is expected there would keep it busy. Who still makes files in it keeps it busy himself. */
  leave(device: string): void {
    this.#pending = this.#pending.filter((entry) => {
      if (entry.device !== device) return true;
      this.#label(entry);
      this.#view.close(entry.directory);
      return false;
    });
  }

  /** Nobody is left. */
  close(): void {
    this.settle(0);
    for (const entry of this.#pending) this.#view.close(entry.directory);
    this.#pending = [];
  }

  /** @returns whether the descriptor was taken over. */
  #expectIn(directory: number, tid: number, name: string, objectClass: InodeClass): boolean {
    const facts = this.#files.look(directory, tid);
    if (facts === undefined) return false;
    // One name in a directory whose filesystem does not wait for us.
    const existing = name === '' ? -ENOENT : this.#view.openAt(directory, name, O_PATH | O_NOFOLLOW);
    if (existing >= 0) this.#view.close(existing);
    if (existing !== -ENOENT) return false;
    const { inode, path, device } = facts;
    const answer = this.#ask({ kind: 'new-label', tid, inode, path, device, class: objectClass, name });
    const xattrs = answer?.xattrs ?? [];
    if (xattrs.length === 0) return false;
    const unnamed = name === '' ? new Set(unnamedFiles(this.#view, tid).keys()) : undefined;
    this.#push({ tid, attempts: 0, directory, device, name, class: objectClass, xattrs, ...(unnamed && { unnamed }) });
    return true;
  }

  #push(entry: PendingFile): void {
    const [oldest] = this.#pending.length < LIMIT ? [] : this.#pending.splice(0, 1);
    if (oldest !== undefined) this.#view.close(oldest.directory);
    this.#pending.push(entry);
  }

  #label(entry: PendingFile): boolean {
    const { class: objectClass, device, xattrs, tid } = entry;
    const fd = this.#find(entry);
    if (fd < 0) return false;
    const file = this.#files.look(fd, tid);
    const made = file?.inode.class === objectClass && file.device === device ? file : undefined;
    for (const { name: attribute, value } of made === undefined ? [] : xattrs) {
      if (made !== undefined) storeLabel(this.#files, this.#ask, fd, made, attribute, value, 0);
    }
    this.#view.close(fd);
    return true;
  }

  #find({ directory, name, tid, unnamed }: PendingFile): number {
    if (unnamed === undefined) return this.#view.openAt(directory, name, O_PATH | O_NOFOLLOW);
    for (const [file, descriptor] of unnamedFiles(this.#view, tid)) {
      if (!unnamed.has(file)) return this.#view.openDescriptor(tid, descriptor);
    }
    return -ENOENT;
  }
}

/** Open files that were made without a name: inode number to a descriptor of the thread. The kernel calls them `#<ino>` (d_mark_tmpfile). */
function unnamedFiles(view: CallerView, tid: number): Map<string, number> {
  const files = new Map<string, number>();
  for (const fd of view.descriptors(tid)) {
    const file = /\/#(\d+) \(deleted\)$/.exec(view.readlinkAt(AT_FDCWD, `/proc/${tid}/fd/${fd}`) ?? '')?.[1];
    if (file !== undefined) files.set(file, fd);
  }
  return files;
}
