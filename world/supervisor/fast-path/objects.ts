/**
 * What tells files apart for modules that judge them by labels, as a number: files of one kind get equal answers (access/grants.ts).
 *
 * Model: a kind is type, mode and owner as statx(2) tells them now, the device, the type of the filesystem, whether it is the root of a
 * mount, and the label (labels.ts). Kinds, labels and what is remembered of mounts end with the epoch.
 */
import type { Tid } from '../../../linux/ids.ts';
import { S_IFDIR, S_IFIFO, S_IFMT, S_IFREG, STATX_ATTR_MOUNT_ROOT, STATX_MNT_ID_UNIQUE } from '../../../linux/stat.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { IntTable } from './int-table.ts';
import { Labels, type LabelsHost, type NumberedScope } from './labels.ts';
import { ELSEWHERE, Mounts, type MountsHost } from './mounts.ts';
import { RuleStates, type RulesHost } from './rule-states.ts';
import { type Scratch, STAT } from './scratch.ts';

/** Not known by its label, or not known yet. */
export const NO_KIND = 0;
/** There is no file; so say all negative kinds. */
export const MISSING = -1;
const FIRST_KIND = 2;
/** Instead of the type of a filesystem. */
const NO_TYPE = -1;
const KINDS = 12;
/** Instead of the number of a scope. */
const OF_NO_SCOPE = -1;
/** Instead of the type of a filesystem. */
const OF_PIPES = -2;
const OF_ONE = -3;
const PIPES = 'pipefs';

export interface ObjectsHost extends LabelsHost, MountsHost, RulesHost {
  /** Does the daemon serve this device? */
  isServed(major: number, minor: number): boolean;
  /** Is it the device of pipes? `false` also as long as none was looked at. */
  isOfPipes(device: string): boolean;
}

export class Objects {
  readonly #scratch: Scratch;
  readonly #host: ObjectsHost;
  readonly mounts: Mounts;
  readonly labels: Labels;
  readonly #kinds = new IntTable(9, 1, KINDS);
  readonly #states: RuleStates;
  readonly #bytes = Buffer.alloc(8192);
  #nextKind = FIRST_KIND;
  /** The last kind that one file alone has: what the handlers found must be that file. */
  ofOne = NO_KIND;

  constructor(scratch: Scratch, host: ObjectsHost) {
    this.#scratch = scratch;
    this.#host = host;
    this.mounts = new Mounts(scratch, host);
    this.labels = new Labels(scratch, host, this.mounts);
    this.#states = new RuleStates(this.labels.pairs, host);
  }

  /** To be called when the epoch has moved, or {@link isFull}. */
  forget(): void {
    this.mounts.forget();
    this.labels.forget();
    this.#kinds.clear();
    this.#nextKind = FIRST_KIND;
    this.ofOne = NO_KIND;
  }

  get isFull(): boolean {
    return this.#nextKind > 1 << (KINDS - 1) || this.labels.pairs.isFull;
  }

  /** Is it, by what statx(2) has just said, a regular file or a directory? */
  get isPlain(): boolean {
    const type = (this.#scratch.stat[STAT.MODE] as number) & S_IFMT;
    return type === S_IFREG || type === S_IFDIR;
  }

  /**
   * The kind of what statx(2) has just said. @param fd a descriptor of ours; -1 = it is behind `link`; without both, labels are not read.
   * @param recent as of {@link Labels.of}.
   */
  kind(scope: NumberedScope, kept: readonly number[], fd: number, link: number, tid: Tid, recent: boolean): number {
    const { stat } = this.#scratch;
    const type = this.mounts.filesystem(fd, tid);
    if (type < 0) return fd < 0 ? this.#kindByItself(scope, type, link) : NO_KIND;
    const [major, minor] = [stat[STAT.DEV_MAJOR] as number, stat[STAT.DEV_MINOR] as number];
    for (let at = 0; at < kept.length; at += 2) if (kept[at] === major && kept[at + 1] === minor) return NO_KIND;
    const stored = this.labels.of(scope, type, fd, link, recent);
    if (stored < 0) return NO_KIND;
    const label = scope.rules.length === 0 ? stored : this.#labelByRules(scope, stored, fd, link);
    return label < 0 ? NO_KIND : this.#kindOf(scope, type, label);
  }

  /** Of what others of its filesystem are not like, behind a link. */
  #kindByItself(scope: NumberedScope, type: number, link: number): number {
    const { stat } = this.#scratch;
    const isFifo = ((stat[STAT.MODE] as number) & S_IFMT) === S_IFIFO;
    // A pipe is told by its number: who made it stays the same as long as the epoch and who asks.
    if (isFifo && this.#host.isOfPipes(`${stat[STAT.DEV_MAJOR]}:${stat[STAT.DEV_MINOR]}`)) {
      const [mode, uid, gid] = [stat[STAT.MODE] as number, stat[STAT.UID] as number, stat[STAT.GID] as number];
      return this.#pipeOf(scope, stat[STAT.INO] as number, stat[STAT.INO_HIGH] as number, mode & 0xffff, uid, gid);
    }
    if (type !== ELSEWHERE || scope.rules.length > 0 || this.isServed) return NO_KIND;
    this.ofOne = this.#kindOfOne(scope, link);
    return this.ofOne;
  }

  /** A file whose path tells it, beside the attributes that are stored with it. */
  #kindOfOne(scope: NumberedScope, link: number): number {
    const scratch = this.#scratch;
    const stored = this.labels.stored(scope, -1, link, false);
    if (stored < 0 || !scratch.findPlace(-1, link)) return NO_KIND;
    this.#fillKey(scope, OF_ONE, this.labels.pairs.add(stored, this.labels.texts.of(scratch.placeText)));
    this.#kinds.key[7] = scratch.stat[STAT.INO] as number;
    return this.#numbered();
  }

  #pipeOf(scope: NumberedScope, ...words: [low: number, high: number, mode: number, uid: number, gid: number]): number {
    if (scope.rules.length > 0) return NO_KIND;
    const { key } = this.#kinds;
    key.fill(0);
    key[0] = scope.number;
    key[1] = OF_PIPES;
    key.set(words, 2);
    return this.#numbered();
  }

  /** With where rules lead the path of what statx(2) has just said. */
  #labelByRules(scope: NumberedScope, label: number, fd: number, link: number): number {
    const scratch = this.#scratch;
    if (!scratch.findPlace(fd, link)) return -1;
    const isDirectory = ((scratch.stat[STAT.MODE] as number) & S_IFMT) === S_IFDIR;
    return this.#states.of(scope, label, scratch.place, scratch.placeEnd, isDirectory);
  }

  /**
   * Of a name that nothing has, in the directory whose kind was asked for last.
   * @param end of the name in the path, which begins at `start`.
   */
  missing(scope: NumberedScope, start: number, end: number): number {
    if (scope.rules.length === 0) return MISSING;
    const { path, place, placeEnd } = this.#scratch;
    return this.#missingBelow(scope, place.subarray(0, placeEnd), path.subarray(start, end));
  }

  /** Equal to {@link missing} of the same name. */
  missingOfFacts(scope: NumberedScope, directory: FileFacts | undefined, name: string | undefined): number {
    if (scope.rules.length === 0) return MISSING;
    if (directory === undefined || name === undefined || directory.disconnected === true) return NO_KIND;
    return this.#missingBelow(scope, Buffer.from(directory.path, 'latin1'), Buffer.from(name, 'latin1'));
  }

  #missingBelow(scope: NumberedScope, directory: Uint8Array, name: Uint8Array): number {
    const label = this.#states.ofNew(scope, directory, name);
    if (label < 0) return NO_KIND;
    const { key } = this.#kinds;
    key.fill(0);
    key[0] = scope.number;
    key[1] = NO_TYPE;
    key[8] = label;
    return -this.#numbered();
  }

  #kindOf(scope: NumberedScope, type: number, label: number): number {
    this.#fillKey(scope, type, label);
    this.#kinds.key[7] = (this.#scratch.stat[STAT.ATTRIBUTES] as number) & STATX_ATTR_MOUNT_ROOT;
    return this.#numbered();
  }

  /** All but word 7. */
  #fillKey(scope: NumberedScope, type: number, label: number): void {
    const { stat } = this.#scratch;
    const { key } = this.#kinds;
    key[0] = scope.number;
    key[1] = type;
    key[2] = stat[STAT.DEV_MAJOR] as number;
    key[3] = stat[STAT.DEV_MINOR] as number;
    key[4] = (stat[STAT.MODE] as number) & 0xffff;
    key[5] = stat[STAT.UID] as number;
    key[6] = stat[STAT.GID] as number;
    key[8] = label;
  }

  /** Does the daemon serve the filesystem of what statx(2) has just said? */
  get isServed(): boolean {
    const { stat } = this.#scratch;
    return this.#host.isServed(stat[STAT.DEV_MAJOR] as number, stat[STAT.DEV_MINOR] as number);
  }

  /** The mount and device of what statx(2) has just said, as a kind of their own, for calls on filesystems. */
  kindOfFilesystem(): number {
    const { stat } = this.#scratch;
    if (((stat[STAT.MASK] as number) & STATX_MNT_ID_UNIQUE) === 0 || this.isServed) return NO_KIND;
    const { key } = this.#kinds;
    key.fill(0);
    key[0] = OF_NO_SCOPE;
    key[1] = stat[STAT.MOUNT] as number;
    key[2] = stat[STAT.MOUNT_HIGH] as number;
    key[3] = stat[STAT.DEV_MAJOR] as number;
    key[4] = stat[STAT.DEV_MINOR] as number;
    return this.#numbered();
  }

  #numbered(): number {
    const slot = this.#kinds.make();
    const known = this.#kinds.value(slot, 0);
    if (known !== 0) return known;
    this.#kinds.set(slot, 0, this.#nextKind);
    return this.#nextKind++;
  }

  /** Equal to {@link kind} of the same file, from what the handlers have found of it. Of a process can only be a pipe of the caller's. */
  kindOfFacts(scope: NumberedScope, { inode, device, disconnected, mode, path, served, shownAt }: FileFacts): number {
    if (inode.filesystem.type === PIPES)
      return this.#pipeOf(scope, inode.ino | 0, Math.floor(inode.ino / 2 ** 32), mode, inode.uid, inode.gid);
    const type = this.mounts.typeOf(inode.filesystem.type);
    if (type === undefined || inode.process !== undefined || inode.socket !== undefined) return NO_KIND;
    const stored = this.labels.ofFacts(scope, inode, shownAt ?? path);
    if (stored < 0) return NO_KIND;
    const byRules = scope.rules.length > 0;
    if (byRules && (disconnected === true || served === true)) return NO_KIND;
    const label = byRules ? this.#labelOfPath(scope, stored, path, (mode & S_IFMT) === S_IFDIR) : stored;
    if (label < 0) return NO_KIND;
    const [major = '', minor = ''] = device.split(':');
    const { key } = this.#kinds;
    key[0] = scope.number;
    key[1] = type;
    key[2] = Number(major);
    key[3] = Number(minor);
    key[4] = mode;
    key[5] = inode.uid;
    key[6] = inode.gid;
    key[7] = inode.path === '/' ? STATX_ATTR_MOUNT_ROOT : 0;
    key[8] = label;
    return this.#numbered();
  }

  #labelOfPath(scope: NumberedScope, label: number, path: string, isDirectory: boolean): number {
    const length = this.#bytes.write(path, 'latin1');
    return length < path.length ? -1 : this.#states.of(scope, label, this.#bytes, length, isDirectory);
  }
}
