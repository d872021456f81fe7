/**
 * Stores labels of new files, after the system call that makes them.
 *
 * Model: the call is notified before it happens; then the modules decide which attributes must be stored with the new
 * file. The kernel continues, and at the next notified call of any thread (or at the end) the file exists and is
 * labelled. Every call that can observe the label is notified, so no process of the world sees the file without it.
 * When the same thread makes another call and there is no file, its call has failed and the label is dropped. It is
 * also dropped when the file that is found may not be the one that the call made (new-inode.ts): we may write to files
 * that the caller may not.
 */

import { ERRNO } from '../../../linux/errno.ts';
import { O_DIRECTORY, O_NOFOLLOW, RESOLVE_CACHED, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../../../linux/fcntl.ts';
import { type CallerFd, type Tid, tidOf } from '../../../linux/ids.ts';
import { DEVPTS_SUPER_MAGIC } from '../../../linux/magic.ts';
import { crowdedOut } from '../../../lsm/framework/crowded-out.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { InodeClass, NewInode, SecurityXattr } from '../../../lsm/framework/files/inode.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector, InspectedFile } from '../caller/file-inspector.ts';
import { placeOf } from '../caller/place.ts';
import { storeLabel } from '../labels/label-store.ts';
import type { Ask } from '../protocol/questions/index.ts';
import type { SharedFlag } from '../protocol/shared-flag.ts';
import { contentLabels, labelContent } from './kernfs-content.ts';
import { missingTarget, otherThanNow, unnamedFiles } from './new-file-finders.ts';
import { type Creation, type InodeClock, isMade } from './new-inode.ts';
import type { Circumstances, NewLabelAnswers } from './new-label-answers.ts';

interface PendingFile {
  /** Descriptor of the directory in which it is made; closed by us. */
  readonly directory: number;
  readonly tid: Tid;
  attempts: number;
  /** {@link performance.now} */
  readonly begun: number;
  /** Of the directory, `major:minor`. */
  readonly device: string;
  readonly class: InodeClass;
  readonly xattrs: readonly SecurityXattr[];
  /** Of the files that the kernel makes in it. */
  readonly content: readonly SecurityXattr[];
  readonly creation: Creation;
  /** Opens it. @returns a descriptor, or a negative errno while it is not there. */
  readonly find: () => number;
  /** Of a file without a name: inode number that its link in /proc/<tid>/fd shows, once found. */
  readonly claim?: () => string | undefined;
}

/** The file that a call is about to make. `seen`: the directory, if somebody has looked at it. */
type NewFile = Pick<PendingFile, 'find' | 'claim'> & Omit<NewInode, 'defaultContext'> & { readonly seen?: FileFacts };

/** Limit of pending files; each holds a descriptor. */
const LIMIT = 256;
const { ENOENT } = ERRNO;
/**
 * After this many calls of other threads the call counts as failed if its thread has ended, or has had so much time. Others make many calls
 * while it gets no processor.
 */
const ATTEMPTS = 200;
const PATIENCE_MS = 2000;
const FRESH = 4;

/** System calls on the new file. */
export type NewLabelsView = Pick<
  CallerView,
  | 'close'
  | 'credentials'
  | 'descriptors'
  | 'deviceOf'
  | 'filesystemMagic'
  | 'names'
  | 'openAt2'
  | 'openDescriptor'
  | 'readlinkAt'
  | 'resolveForCaller'
>;
export type NewLabelsFiles = Parameters<typeof storeLabel>[0] & Pick<FileInspector, 'look' | 'keepsAny'>;

/** Called when a new file has got its attributes. @param before the file without them. @param name of the first. */
export type LabelStored = (fd: number, tid: Tid, before: InspectedFile, name: string) => void;

/** Of all files of a class in a directory but those with names that are `apart`, and perhaps with other default labels. */
export interface GeneralLabel {
  readonly xattrs: readonly SecurityXattr[];
  readonly apart: ReadonlySet<string>;
  readonly byDefault?: true;
}

/** Who remembers what is stored with new files. */
export interface LabelLearner {
  /** Is it not known yet of the current call? */
  readonly isWanted: boolean;
  /** With files of the class in the directory. */
  learn(directory: FileFacts, made: Pick<NewInode, 'class' | 'name'>, label: GeneralLabel): void;
}

export class NewLabels {
  readonly #view: NewLabelsView;
  readonly #clock: Pick<InodeClock, 'now' | 'historyOf'>;
  readonly #files: NewLabelsFiles;
  readonly #ask: Ask;
  readonly #labelling: SharedFlag;
  readonly #answers: Pick<NewLabelAnswers, 'nothing' | 'circumstances' | 'find' | 'remember'>;
  readonly #labelled: LabelStored;
  readonly #learner: LabelLearner | undefined;
  #pending: PendingFile[] = [];

  /** @param labelling unset = no module labels files yet. */
  constructor(
    view: NewLabelsView,
    clock: Pick<InodeClock, 'now' | 'historyOf'>,
    files: NewLabelsFiles,
    ask: Ask,
    labelling: SharedFlag,
    answers: Pick<NewLabelAnswers, 'nothing' | 'circumstances' | 'find' | 'remember'>,
    labelled: LabelStored = () => undefined,
    learner?: LabelLearner,
  ) {
    this.#learner = learner;
    this.#view = view;
    this.#clock = clock;
    this.#files = files;
    this.#ask = ask;
    this.#labelling = labelling;
    this.#answers = answers;
    this.#labelled = labelled;
  }

  /** To be called before a call that creates `path`, unless it exists. @param links that the call may follow in the last place. */
  expectFile(tid: Tid, dirfd: CallerFd, path: string, objectClass: InodeClass, links = 0): void {
    if (!this.#labelling.isSet) return;
    const isLearned = this.#learner?.isWanted !== true;
    if (isLearned && this.#answers.nothing(tid, dirfd, path, objectClass, links > 0)) return;
    const existing = this.#view.resolveForCaller(tid, dirfd, path, O_NOFOLLOW, RESOLVE_CACHED);
    if (existing >= 0) {
      const target = links > 0 ? missingTarget(this.#view, tid, dirfd, path, existing) : undefined;
      this.#view.close(existing);
      if (target !== undefined) this.expectFile(tid, dirfd, target, objectClass, links - 1);
      return; // the usual case
    }
    const place = placeOf(this.#view, tid, dirfd, path);
    if (place === undefined) return;
    const { directory, name } = place;
    // A mount point existed before.
    const find = (): number => this.#view.openAt2(directory, name, O_NOFOLLOW, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
    this.expectIn(directory, tid, { class: objectClass, name, find });
  }

  /** To be called before a renameat2(2) that leaves a whiteout where the file is: a new device with the name of what is moved. */
  expectWhiteout(tid: Tid, dirfd: CallerFd, path: string): void {
    if (!this.#labelling.isSet) return;
    const place = placeOf(this.#view, tid, dirfd, path);
    if (place === undefined) return;
    const { directory, name } = place;
    const find = otherThanNow(this.#view, this.#clock, directory, name);
    this.expectIn(directory, tid, { class: 'chr_file', name, find });
  }

  /** To be called before open(2) with O_TMPFILE in the directory `path`. */
  expectUnnamed(tid: Tid, dirfd: CallerFd, path: string): void {
    if (!this.#labelling.isSet) return;
    const directory = this.#view.resolveForCaller(tid, dirfd, path, O_DIRECTORY);
    if (directory < 0) return;
    const before = unnamedFiles(this.#view, tid);
    let claimed: string | undefined;
    const find = (): number => {
      for (const [file, descriptor] of unnamedFiles(this.#view, tid)) {
        if (before.has(file)) continue;
        claimed = file;
        return this.#view.openDescriptor(tid, descriptor);
      }
      return -ENOENT;
    };
    this.expectIn(directory, tid, { class: 'file', name: '', find, claim: () => claimed });
  }

  /** To be called before the ptmx multiplexer `path` is opened, which makes a terminal in its devpts. */
  expectTerminal(tid: Tid, dirfd: CallerFd, path: string): void {
    if (!this.#labelling.isSet) return;
    const above = path.slice(0, path.lastIndexOf('/') + 1);
    // Of another filesystem it means the devpts beside it (devpts_mntget).
    const beside = this.#view.resolveForCaller(tid, dirfd, `${above}pts`, O_DIRECTORY);
    const directory = beside >= 0 ? beside : this.#view.resolveForCaller(tid, dirfd, above || '.', O_DIRECTORY);
    if (directory < 0) return;
    if (this.#view.filesystemMagic(directory, tid) !== DEVPTS_SUPER_MAGIC) {
      this.#view.close(directory);
      return;
    }
    const before = new Set(this.#view.names(directory));
    const find = (): number => {
      const made = this.#view.names(directory).find((name) => !before.has(name));
      return made === undefined
        ? -ENOENT
        : this.#view.openAt2(directory, made, O_NOFOLLOW, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
    };
    this.expectIn(directory, tid, { class: 'chr_file', name: '', byKernel: true, find });
  }

  /** Can there be labels to store? */
  get labels(): boolean {
    return this.#labelling.isSet;
  }

  /** What is to be stored with the file that the thread's call makes, for who checks it. */
  expected(tid: Tid): readonly SecurityXattr[] {
    return this.#pending.findLast((entry) => entry.tid === tid)?.xattrs ?? [];
  }

  /** Are files pending? */
  get waits(): boolean {
    return this.#pending.length > 0;
  }

  /** Is there a pending file that is still looked for without a call of its world? */
  get fresh(): boolean {
    return this.#pending.length > 0 && this.#pending.some(({ attempts }) => attempts < FRESH);
  }

  /** Labels the files that exist by now. `tid` makes a call, so its earlier ones have returned. */
  complete(tid: Tid): void {
    if (this.#pending.length === 0) return;
    this.#pending = this.#pending.filter((entry) => {
      const settled = this.#label(entry);
      entry.attempts++;
      if (!settled && entry.tid !== tid && !this.#isOver(entry)) return true;
      this.#view.close(entry.directory);
      return false;
    });
  }

  /**
   * To be called before a filesystem is unmounted: labels its pending files and closes their directories, which would
   * keep it busy.
   */
  leave(device: string): void {
    this.#pending = this.#pending.filter((entry) => {
      if (entry.device !== device) return true;
      this.#label(entry);
      this.#view.close(entry.directory);
      return false;
    });
  }

  /** To be called when the worker ends. */
  close(): void {
    this.complete(tidOf(0));
    for (const entry of this.#pending) this.#view.close(entry.directory);
    this.#pending = [];
  }

  #isOver({ attempts, begun, tid }: PendingFile): boolean {
    if (attempts % ATTEMPTS !== 0) return false;
    return performance.now() - begun >= PATIENCE_MS || this.#view.credentials(tid) === undefined;
  }

  /** To be called before a call that makes a file there. Takes the descriptor of the directory over. */
  expectIn(directory: number, tid: Tid, { find, claim, seen, ...made }: NewFile): void {
    const fsuid = this.#view.credentials(tid)?.fsuid;
    const creation = fsuid === undefined ? undefined : { fsuid, since: this.#clock.now() };
    const circumstances = this.#answers.circumstances(tid, directory, made.class);
    const facts = creation && (seen ?? this.#files.look(directory, tid));
    // One name, in a directory whose filesystem cannot block us.
    const existing = facts === undefined ? -ENOENT : find();
    if (existing >= 0) this.#view.close(existing);
    const xattrs =
      facts === undefined || existing !== -ENOENT ? undefined : this.#xattrsFor(tid, facts, made, circumstances);
    const kept = made.byKernel === true || (facts !== undefined && this.#files.keepsAny(facts.inode.filesystem.type));
    if (creation === undefined || facts === undefined || xattrs === undefined || (xattrs.length === 0 && !kept)) {
      this.#view.close(directory);
      return;
    }
    this.#push({
      tid,
      attempts: 0,
      begun: performance.now(),
      directory,
      device: facts.device,
      class: made.class,
      xattrs,
      content: contentLabels(this.#ask, tid, facts, made, xattrs),
      creation,
      find,
      ...(claim && { claim }),
    });
  }

  /** `undefined` = not known. */
  #xattrsFor(
    tid: Tid,
    { inode, path, device, mode }: FileFacts,
    made: Omit<NewInode, 'defaultContext'>,
    circumstances: Circumstances | undefined,
  ): readonly SecurityXattr[] | undefined {
    const general = made.byKernel === true ? undefined : circumstances;
    const known = general && this.#answers.find(general, made.name, inode.xattrs);
    if (known !== undefined) {
      this.#learner?.learn({ inode, path, device, mode }, made, known);
      return known.xattrs;
    }
    const answer = this.#ask({ kind: 'new-label', tid, inode, path, device, mode, ...made });
    if (general !== undefined && answer?.value !== undefined) {
      this.#answers.remember(general, made.name, inode.xattrs, answer.value);
      const { apart, ...label } = answer.value;
      if (apart !== undefined)
        this.#learner?.learn({ inode, path, device, mode }, made, { ...label, apart: new Set(apart) });
    }
    return answer && (answer.value?.xattrs ?? []);
  }

  #push(entry: PendingFile): void {
    const gone = this.#pending.length < LIMIT ? undefined : crowdedOut(this.#pending, (one) => one.creation.fsuid);
    if (gone !== undefined) this.#view.close(gone.directory);
    this.#pending = [...this.#pending.filter((one) => one !== gone), entry];
  }

  #label({ class: objectClass, device, xattrs, content, tid, creation, find, claim }: PendingFile): boolean {
    const fd = find();
    if (fd < 0) return false;
    // The filesystem cannot block us, as was checked for the directory; the thread that made the file may have ended.
    const made = this.#view.deviceOf(fd) === device && isMade(this.#clock.historyOf(fd), creation, claim?.());
    const file = made ? this.#files.look(fd, tid, { answers: true }) : undefined;
    if (file?.inode.class === objectClass) {
      // The inode number may be reused, and labels kept for the former inode do not apply; devpts always reuses numbers.
      if (objectClass === 'chr_file' || this.#files.keepsAny(file.inode.filesystem.type))
        this.#ask({ kind: 'forget-xattrs', inode: file.inode, device });
      for (const { name, value } of xattrs) storeLabel(this.#files, this.#ask, fd, file, name, value, 0);
      labelContent({ view: this.#view, files: this.#files, ask: this.#ask }, fd, device, tid, content);
      const [first] = xattrs;
      if (first !== undefined) this.#labelled(fd, tid, file, first.name);
    }
    this.#view.close(fd);
    return true;
  }
}
