/**
 * The filesystems of mounts, as numbers. A mount is known by its number, which is given once (STATX_MNT_ID_UNIQUE), until the epoch moves.
 */
import type { Tid } from '../../../linux/ids.ts';
import { STATX_MNT_ID_UNIQUE } from '../../../linux/stat.ts';
import type { FilesystemFacts } from '../../../lsm/framework/files/inode.ts';
import { IntTable } from './int-table.ts';
import { type Scratch, STAT } from './scratch.ts';

/** Instead of a filesystem: its files are not known by labels. */
export const UNUSABLE = -1;
/** It is one of another mount namespace: its files are told by their paths and attributes. */
export const ELSEWHERE = -2;

export interface MountsHost {
  /** As of LabelLooks. */
  filesystemOf(mount: bigint, fd: number, tid: Tid): FilesystemFacts | 'elsewhere' | undefined;
}

export class Mounts {
  readonly #scratch: Scratch;
  readonly #host: MountsHost;
  readonly #known = new IntTable(2, 1, 8);
  readonly #types = new Map<string, number>();
  readonly #filesystems: FilesystemFacts[] = [];

  constructor(scratch: Scratch, host: MountsHost) {
    this.#scratch = scratch;
    this.#host = host;
  }

  /** To be called when the epoch has moved. */
  forget(): void {
    this.#known.clear();
  }

  /** Number of a type; `undefined` = no mount has shown it. */
  typeOf(type: string): number | undefined {
    return this.#types.get(type);
  }

  facts(type: number): FilesystemFacts {
    return this.#filesystems[type] as FilesystemFacts;
  }

  /**
   * The filesystem of what statx(2) has just said, as a number; {@link UNUSABLE} = its files are not known by labels.
   * @param fd a descriptor of ours, or -1: then only mounts that are known already.
   */
  filesystem(fd: number, tid: Tid): number {
    const { stat } = this.#scratch;
    if (((stat[STAT.MASK] as number) & STATX_MNT_ID_UNIQUE) === 0) return UNUSABLE;
    const { key } = this.#known;
    key[0] = stat[STAT.MOUNT] as number;
    key[1] = stat[STAT.MOUNT_HIGH] as number;
    const slot = this.#known.find();
    if (slot >= 0) return this.#known.value(slot, 0);
    return fd < 0 ? UNUSABLE : this.#meet(fd, tid);
  }

  /** Is the mount known of what statx(2) has just said? */
  get isKnown(): boolean {
    const { stat } = this.#scratch;
    const { key } = this.#known;
    key[0] = stat[STAT.MOUNT] as number;
    key[1] = stat[STAT.MOUNT_HIGH] as number;
    return this.#known.find() >= 0;
  }

  #meet(fd: number, tid: Tid): number {
    const { stat } = this.#scratch;
    const saved = Int32Array.from(stat);
    const mount = (BigInt((stat[STAT.MOUNT_HIGH] as number) >>> 0) << 32n) | BigInt((stat[STAT.MOUNT] as number) >>> 0);
    const facts = this.#host.filesystemOf(mount, fd, tid);
    stat.set(saved);
    const number = this.#numberOf(facts);
    const { key } = this.#known;
    key[0] = stat[STAT.MOUNT] as number;
    key[1] = stat[STAT.MOUNT_HIGH] as number;
    this.#known.set(this.#known.make(), 0, number);
    return number;
  }

  #numberOf(facts: FilesystemFacts | 'elsewhere' | undefined): number {
    if (facts === 'elsewhere') return ELSEWHERE;
    return facts === undefined ? UNUSABLE : this.#typeNumber(facts);
  }

  #typeNumber(facts: FilesystemFacts): number {
    const known = this.#types.get(facts.type);
    if (known !== undefined) return known;
    const number = this.#filesystems.push(facts) - 1;
    this.#types.set(facts.type, number);
    return number;
  }
}
