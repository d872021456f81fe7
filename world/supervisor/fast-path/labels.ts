/**
 * Labels of files as numbers: the stored attributes by which a scope judges, or what the file is taken for without them.
 *
 * Model: a label is remembered by mount, inode and time of birth while the inode's time of change stays, and only of inodes whose last
 * change is long enough ago for another one to show. All end with the epoch.
 */
import { ERRNO } from '../../../linux/errno.ts';
import { STATX_BTIME } from '../../../linux/stat.ts';
import type { LabelScope } from '../../../lsm/framework/access/access-scope.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { type InodeClass, inodeClass } from '../../../lsm/framework/files/inode.ts';
import { TextNumbers } from '../../text-numbers.ts';
import { isSettled, SETTLED_MS } from '../caller/file-stamp.ts';
import { IntTable } from './int-table.ts';
import type { Mounts } from './mounts.ts';
import { Pairs } from './pairs.ts';
import { type Scratch, STAT } from './scratch.ts';

const { ENODATA, EOPNOTSUPP } = ERRNO;
const OBJECTS = 14;
/** Instead of an address. */
const NO_LINK = 0;

export interface LabelsHost {
  /** Are attributes kept elsewhere, where files of this type have any? */
  keepsAny(type: string): boolean;
  /** Default label of the file behind a descriptor of ours. */
  defaultLabel(fd: number, objectClass: InodeClass): string | undefined;
  /** The same of a path. */
  defaultLabelAt(path: string, objectClass: InodeClass): string | undefined;
}

/** A scope, with the number that objects are remembered under. */
export interface NumberedScope extends LabelScope {
  readonly number: number;
  /** {@link LabelScope.named} */
  readonly names: ReadonlySet<string>;
}

export class Labels {
  readonly #scratch: Scratch;
  readonly #host: LabelsHost;
  readonly #mounts: Mounts;
  readonly #labels = new IntTable(8, 5, OBJECTS);
  readonly texts = new TextNumbers();
  /** Pairs of a label so far and one more attribute, or state of a rule. */
  readonly pairs = new Pairs();
  #isWhole = false;
  /** How many labels were read. */
  reads = 0;
  /** How often all was forgotten, for {@link isGiven}. */
  round = 0;

  constructor(scratch: Scratch, host: LabelsHost, mounts: Mounts) {
    this.#scratch = scratch;
    this.#host = host;
    this.#mounts = mounts;
  }

  /** To be called when the epoch has moved. */
  forget(): void {
    this.round++;
    this.#labels.clear();
    this.texts.clear();
    this.pairs.clear();
  }

  /** To be called when labels of files are changed. */
  relabelled(): void {
    this.#labels.clear();
  }

  ofFacts(scope: NumberedScope, { xattrs, filesystem, class: objectClass }: FileFacts['inode'], path: string): number {
    let label = 0;
    let isWhole = true;
    for (const name of scope.attributes) {
      const value = xattrs[name];
      if (value === undefined) isWhole = false;
      label = this.pairs.add(label, value === undefined ? 0 : this.texts.of(value));
    }
    if (isWhole) return label;
    return this.#instead(scope, filesystem.type, label, () => this.#host.defaultLabelAt(path, objectClass));
  }

  /** Of a file that lacks an attribute. @returns -1 = it is known by its path alone. */
  #instead(scope: NumberedScope, type: string, label: number, byDefault: () => string | undefined): number {
    if (scope.uniform === 'all' || scope.uniform.includes(type)) return label;
    const found = scope.byDefault.includes(type) ? byDefault() : undefined;
    return found === undefined ? -1 : this.pairs.add(label, this.texts.of(`default ${found}`));
  }

  /**
   * Of what statx(2) has just said. @param type number of its filesystem. @param fd a descriptor of ours; -1 = it is behind `link`; without
   * both, labels are not read. @param recent a label that was read less than {@link SETTLED_MS} ago is taken to be the same.
   * @returns -1 = it is not known by a label.
   */
  of(scope: NumberedScope, type: number, fd: number, link: number, recent: boolean): number {
    const { stat } = this.#scratch;
    if (scope.attributes.length === 0 && scope.uniform === 'all') return 0;
    if (((stat[STAT.MASK] as number) & STATX_BTIME) === 0) return this.#read(scope, type, fd, link);
    const slot = this.#object(scope.number).find();
    const now = Date.now();
    if (slot >= 0) {
      const isSame =
        this.#labels.value(slot, 1) === stat[STAT.CHANGED] && this.#labels.value(slot, 2) === stat[STAT.CHANGED_NS];
      if (isSame && this.#labels.value(slot, 3) === 1) return this.#labels.value(slot, 0);
      const age = ((now | 0) - this.#labels.value(slot, 4)) | 0;
      if (recent && age >= 0 && age <= SETTLED_MS) return this.#labels.value(slot, 0);
    }
    const label = this.#read(scope, type, fd, link);
    if (label < 0) return label;
    this.#remember(label, now);
    return label;
  }

  /** The key of what statx(2) has just said. */
  #object(scope: number): IntTable {
    const { stat } = this.#scratch;
    const { key } = this.#labels;
    key[0] = scope;
    key[1] = stat[STAT.MOUNT] as number;
    key[2] = stat[STAT.MOUNT_HIGH] as number;
    key[3] = stat[STAT.INO] as number;
    key[4] = stat[STAT.INO_HIGH] as number;
    key[5] = stat[STAT.BORN] as number;
    key[6] = stat[STAT.BORN_NS] as number;
    key[7] = (stat[STAT.DEV_MAJOR] as number) ^ ((stat[STAT.DEV_MINOR] as number) << 12);
    return this.#labels;
  }

  /** Of {@link #object}. @param now {@link Date.now}, before the label was read. */
  #remember(label: number, now: number): void {
    const { stat } = this.#scratch;
    const made = this.#labels.make();
    const [seconds, nanoseconds] = [stat[STAT.CHANGED] as number, stat[STAT.CHANGED_NS] as number];
    this.#labels.set(made, 0, label);
    this.#labels.set(made, 1, seconds);
    this.#labels.set(made, 2, nanoseconds);
    this.#labels.set(made, 3, isSettled({ at: now, seconds, nanoseconds }) ? 1 : 0);
    this.#labels.set(made, 4, now | 0);
  }

  /** The file that statx(2) has just told of, with its time of birth, is given this attribute. @param round when the scope was known. */
  isGiven(scope: NumberedScope, round: number, name: string, value: Uint8Array): void {
    const isAll = scope.attributes.length === 1 && scope.attributes[0] === name;
    if (!isAll || round !== this.round) return;
    const label = this.pairs.add(0, this.texts.of(Buffer.from(value).toString('latin1')));
    this.#object(scope.number);
    this.#remember(label, Date.now());
  }

  #read(scope: NumberedScope, type: number, fd: number, link: number): number {
    if (fd < 0 && link === NO_LINK) return -1;
    this.reads++;
    const facts = this.#mounts.facts(type);
    const label = this.stored(scope, fd, link, this.#host.keepsAny(facts.type));
    if (label < 0 || this.#isWhole) return label;
    const mode = (this.#scratch.stat[STAT.MODE] as number) & 0xffff;
    return this.#instead(scope, facts.type, label, () => this.#defaultLabel(fd, link, inodeClass(mode)));
  }

  /** The attributes that are stored, as a number; -1 = they are not known. {@link #isWhole}: none is missing. */
  stored({ attributes }: NumberedScope, fd: number, link: number, isKept: boolean): number {
    const scratch = this.#scratch;
    let label = 0;
    this.#isWhole = true;
    for (let at = 0; at < attributes.length; at++) {
      const name = attributes[at] as string;
      const length = isKept ? -ENODATA : scratch.attribute(fd, link, name);
      if (length < 0 && length !== -ENODATA && length !== -EOPNOTSUPP) return -1;
      const text = length < 0 ? 0 : this.texts.of(scratch.valueText(length));
      if (length < 0) this.#isWhole = false;
      label = this.pairs.add(label, text);
    }
    return label;
  }

  /** Number of the default label of a path; -1 = it is not known. */
  defaultOf(path: string, objectClass: InodeClass): number {
    const label = this.#host.defaultLabelAt(path, objectClass);
    return label === undefined ? -1 : this.texts.of(`default ${label}`);
  }

  #defaultLabel(fd: number, link: number, objectClass: InodeClass): string | undefined {
    if (fd >= 0) return this.#host.defaultLabel(fd, objectClass);
    const opened = this.#scratch.openAt(link);
    if (opened < 0) return undefined;
    const label = this.#host.defaultLabel(opened, objectClass);
    this.#scratch.close(opened);
    return label;
  }
}
