/**
 * Changes of the metadata of files while a module guards them (lsm/framework/files/metadata.ts): attributes, owner, mode.
 *
 * Model: the module is asked, then the kernel continues with the call, and once the file has changed the attribute that
 * follows its metadata is stored. That is at the next notified call of the same thread, whose earlier one is over then;
 * for others, and for readers outside of the world, as soon as the change is seen. A call that the kernel refused has
 * changed nothing, and stores nothing: otherwise a user could have the attribute made anew of a file that is not his.
 */
import { bytesOf } from '../../linux/bytes.ts';
import { AT_FDCWD, O_NONBLOCK } from '../../linux/fcntl.ts';
import type { Tid } from '../../linux/ids.ts';
import { S_IFDIR, S_IFMT, S_IFREG } from '../../linux/stat.ts';
import type { MetadataChange } from '../../lsm/framework/files/metadata.ts';
import type { CallerView } from './caller/caller-view.ts';
import { type FileInspector, factsOf, type InspectedFile } from './caller/file-inspector.ts';
import { storeLabel } from './labels/label-store.ts';
import type { Ask } from './protocol/questions/index.ts';
import { generationOf, statFile, uuidOf } from './uses/used-file.ts';

export interface GuardContext {
  readonly view: CallerView;
  readonly files: FileInspector;
  readonly ask: Ask;
}

/** A change that the kernel continues with. */
interface Expected {
  /** Of the file, O_PATH; closed in the end. */
  readonly fd: number;
  readonly tid: Tid;
  /** Of the attribute that changes, as it is stored. */
  readonly name: string | undefined;
  /** What the file was before, by one system call and whole. */
  readonly stamp: string;
  readonly before: InspectedFile;
  attempts: number;
}

/** So many calls of others after it, or looks at the file, a change has failed. */
const ATTEMPTS = 200;
/** So often somebody looks without being asked. */
const FRESH = 4;
const LIMIT = 256;

export class MetadataGuard {
  readonly #context: GuardContext;
  readonly #names: ReadonlySet<string>;
  #expected: Expected[] = [];

  /** @param names of attributes that are guarded beside those that modules decide about. */
  constructor(context: GuardContext, names: readonly string[]) {
    this.#context = context;
    this.#names = new Set(names);
  }

  /** Is it an attribute whose changes are to be asked about? */
  guards(name: string): boolean {
    return this.#names.has(name);
  }

  /** As of the inspector, with all that modules know metadata by. @param fd O_PATH. */
  look(fd: number, tid: Tid): InspectedFile | undefined {
    const { files, view } = this.#context;
    const isWanted = (name: string): boolean => files.isDecided(name) || this.guards(name);
    const looked = files.look(fd, tid, { isWanted });
    if (looked === undefined) return undefined;
    const type = looked.mode & S_IFMT;
    // Opening anything else does something.
    const mayOpen = type === S_IFREG || type === S_IFDIR;
    const opened = mayOpen ? view.openAt(AT_FDCWD, `/proc/thread-self/fd/${fd}`, O_NONBLOCK) : -1;
    const uuid = opened < 0 ? undefined : uuidOf(view, opened);
    const generation = opened < 0 ? undefined : generationOf(view, opened);
    if (opened >= 0) view.close(opened);
    const metadata = {
      mode: looked.mode,
      ...(generation !== undefined && { generation }),
      ...(uuid !== undefined && { uuid }),
    };
    return { ...looked, inode: { ...looked.inode, metadata } };
  }

  /** chmod(2), chown(2). @returns 0 when they go on, a positive errno otherwise. */
  mayChange(fd: number, tid: Tid, change: MetadataChange): number {
    const file = this.look(fd, tid);
    const errno = file && this.#context.ask({ kind: 'change-metadata', tid, ...factsOf(file), change })?.errno;
    if (file !== undefined && errno === 0) this.expect(fd, tid, file);
    return errno ?? 0;
  }

  /**
   * The kernel continues with a change that no module refuses. @param file as it is before. @param name of the
   * attribute, where it is one.
   */
  expect(fd: number, tid: Tid, file: InspectedFile, name?: string): void {
    const kept = this.#context.view.duplicate(fd);
    if (kept < 0) return;
    const [oldest] = this.#expected.length < LIMIT ? [] : this.#expected.splice(0, 1);
    if (oldest !== undefined) this.#finish(oldest);
    this.#expected.push({ fd: kept, tid, name, stamp: this.#stamp(fd), before: file, attempts: 0 });
  }

  /** Is there a change that was not looked for often yet? */
  get fresh(): boolean {
    return this.#expected.some(({ attempts }) => attempts < FRESH);
  }

  /** `tid` makes a call: its earlier ones are over. */
  complete(tid: Tid): void {
    if (this.#expected.length === 0) return;
    this.#expected = this.#expected.filter((entry) => {
      entry.attempts++;
      const over = entry.tid === tid || entry.attempts >= ATTEMPTS;
      if (!over && this.#stamp(entry.fd) === entry.stamp) return true;
      this.#finish(entry);
      return false;
    });
  }

  close(): void {
    for (const { fd } of this.#expected) this.#context.view.close(fd);
    this.#expected = [];
  }

  /**
   * An attribute of this file was set or removed: those that follow it do so.
   * @param before the file as it was. @param name of the attribute as it is stored; if it is one that follows, it is left alone.
   */
  follow(fd: number, tid: Tid, before: InspectedFile, name: string): void {
    this.#store(fd, this.look(fd, tid), before, name);
  }

  #store(fd: number, file: InspectedFile | undefined, before: InspectedFile, name: string | undefined): void {
    const { ask, files } = this.#context;
    if (file === undefined) return;
    const made = { before: before.inode, ...(name !== undefined && { attribute: name }) };
    for (const kept of ask({ kind: 'metadata-changed', ...factsOf(file), ...made })?.value ?? []) {
      if (kept.name === name) continue;
      if (kept.value === undefined) files.remove(fd, kept.name);
      else storeLabel(files, ask, fd, file, kept.name, bytesOf(kept.value), 0);
    }
  }

  #finish({ fd, tid, name, stamp, before }: Expected): void {
    const file = this.look(fd, tid);
    // The clock of a filesystem has ticks: a change within the one of the change before it shows in the metadata alone.
    const changed = file !== undefined && (this.#stamp(fd) !== stamp || textOf(file) !== textOf(before));
    if (changed) this.#store(fd, file, before, name);
    this.#context.view.close(fd);
  }

  #stamp(fd: number): string {
    const stat = statFile(this.#context.view, fd);
    return stat === undefined ? '' : `${stat.ctime} ${stat.mode} ${stat.uid} ${stat.gid}`;
  }
}

/** Metadata that an attribute can follow, to be compared. */
function textOf({ inode: { uid, owner, gid, xattrs, metadata } }: InspectedFile): string {
  return JSON.stringify([uid, owner, gid, xattrs, metadata]);
}
