/**
 * Labels of new files, and label options of new mounts: what can only be written down when a system call has happened.
 *
 * Model: the call is notified before it happens; then it is decided which label the new file is to get, if any must be stored. The kernel goes
 * on, and at the next notified call of anybody (or at the end) the file is there and is labelled. All that can tell the difference goes
 * through us, so nobody in the world sees the moment in between. When the same thread makes another call and there is no file, its call
 * has failed and the label is dropped.
 */
import type { InodeClass, MountLabels, SecurityXattr } from '../../lsm/core/inode.ts';
import { AT_FDCWD, type CallerView, O_DIRECTORY, O_NOFOLLOW, O_PATH, RESOLVE_CACHED } from './caller-view.ts';
import type { FileInspector } from './file-facts.ts';
import type { Answer, Question } from './questions.ts';

interface Place {
  /** A descriptor. */
  readonly directory: number;
  readonly name: string;
}

interface Pending extends Place {
  readonly tid: number;
  attempts: number;
}

interface PendingFile extends Pending {
  readonly kind: 'file';
  readonly class: InodeClass;
  readonly xattrs: readonly SecurityXattr[];
}

interface PendingMount extends Pending {
  readonly kind: 'mount';
  /** Device that was at the mount point before. */
  readonly before: string;
  readonly labels: MountLabels;
}

/** Each holds a descriptor; more of them than this are not waiting for honest programs. */
const LIMIT = 256;
const ENOENT = 2;
/** A thread that ended does not say whether its call failed: so many calls of others later, it has. */
const ATTEMPTS = 200;

export class NewLabels {
  readonly #view: CallerView;
  readonly #files: FileInspector;
  readonly #ask: (question: Question) => Answer | undefined;
  #pending: (PendingFile | PendingMount)[] = [];

  constructor(view: CallerView, files: FileInspector, ask: (question: Question) => Answer | undefined) {
    this.#view = view;
    this.#files = files;
    this.#ask = ask;
  }

  /** Somebody is about to create `path`, unless it exists. */
  expectFile(tid: number, dirfd: number, path: string, objectClass: InodeClass): void {
    const existing = this.#view.resolveForCaller(tid, dirfd, path, O_NOFOLLOW, undefined, RESOLVE_CACHED);
    if (existing >= 0) {
      this.#view.close(existing); // the usual case
      return;
    }
    const place = this.#placeOf(tid, dirfd, path);
    if (place === undefined) return;
    if (!this.#expectIn(place.directory, tid, place.name, objectClass)) this.#view.close(place.directory);
  }

  /** A filesystem is about to be mounted with label options. */
  expectMount(tid: number, path: string, labels: MountLabels): void {
    const place = this.#placeOf(tid, AT_FDCWD, path);
    if (place !== undefined)
      this.#push({ kind: 'mount', tid, attempts: 0, ...place, before: this.#deviceAt(tid, place) ?? '', labels });
  }

  /** `tid` makes a call: its earlier ones are over. */
  settle(tid: number): void {
    if (this.#pending.length === 0) return;
    this.#pending = this.#pending.filter((entry) => {
      const settled = entry.kind === 'file' ? this.#label(entry) : this.#labelMount(entry);
      entry.attempts++;
      if (!settled && entry.tid !== tid && entry.attempts < ATTEMPTS) return true;
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
    const existing = this.#view.openAt(directory, name, O_PATH | O_NOFOLLOW);
    if (existing >= 0) this.#view.close(existing);
    if (existing !== -ENOENT) return false;
    const { inode, device } = facts;
    const answer = this.#ask({ kind: 'new-label', tid, inode, device, class: objectClass, name });
    const xattrs = answer?.xattrs ?? [];
    if (xattrs.length === 0) return false;
    this.#push({ kind: 'file', tid, attempts: 0, directory, name, class: objectClass, xattrs });
    return true;
  }

  #push(entry: PendingFile | PendingMount): void {
    const [oldest] = this.#pending.length < LIMIT ? [] : this.#pending.splice(0, 1);
    if (oldest !== undefined) this.#view.close(oldest.directory);
    this.#pending.push(entry);
  }

  #label({ directory, name, class: objectClass, xattrs, tid }: PendingFile): boolean {
    const fd = this.#view.openAt(directory, name, O_PATH | O_NOFOLLOW);
    if (fd < 0) return false;
    const file = this.#files.look(fd, tid);
    const made = file?.inode.class === objectClass ? xattrs : [];
    for (const { name: attribute, value } of made) this.#files.store(fd, attribute, value, 0);
    this.#view.close(fd);
    return true;
  }

  #labelMount({ tid, before, labels, ...place }: PendingMount): boolean {
    const device = this.#deviceAt(tid, place);
    if (device === undefined || device === before) return false;
    this.#ask({ kind: 'mount-labels', device, labels });
    return true;
  }

  /** The directory and the name in it: they stay what they are when the caller is gone. */
  #placeOf(tid: number, dirfd: number, path: string): Place | undefined {
    const match = /^(.*?)([^/]+)\/*$/.exec(path);
    const [, parent = '', name = ''] = match ?? [];
    if (match === null || name === '.' || name === '..') return undefined;
    const directory = this.#view.resolveForCaller(tid, dirfd, parent === '' ? '.' : parent, O_DIRECTORY);
    return directory < 0 ? undefined : { directory, name };
  }

  #deviceAt(tid: number, { directory, name }: Place): string | undefined {
    const fd = this.#view.resolve(tid, directory, name, 0, 0);
    if (fd < 0) return undefined;
    const identity = this.#view.identity(fd);
    this.#view.close(fd);
    return identity && `${identity.major}:${identity.minor}`;
  }
}
