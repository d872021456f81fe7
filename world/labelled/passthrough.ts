/**
 * Which open files of a labelled mount the kernel reads and writes itself, and how (FUSE_PASSTHROUGH).
 *
 * An inode is either passed through or not, for all who have it open at a time; the first who opens it decides. The kernel reads and
 * writes with his user, and without capabilities, so that nobody fills what is reserved for others or keeps set-user-ID bits.
 * Who writes as another user, or may keep such bits that are there, has his writes sent to us; his mappings are passed through.
 */
import { FOPEN } from '../../fuse/protocol/flags.ts';
import { CAP } from '../../linux/capability.ts';
import { ERRNO } from '../../linux/errno.ts';
import { MAY_WRITE, openMask } from '../../linux/fs.ts';
import { S_ISGID, S_ISUID } from '../../linux/stat.ts';
import type { Credentials } from '../supervisor/caller/acting-as.ts';
import type { BackedNode } from './nodes.ts';

/** Members of the answer to OPEN. */
export interface OpenAnswer {
  readonly openFlags: number;
  readonly backingId: number;
}

export interface Opener {
  /** As of open(2). */
  readonly flags: number;
  readonly as: Credentials;
  /** Of the file. */
  readonly mode: number;
  /** What BACKING_OPEN returned for him, if it was called. */
  readonly backing: number | undefined;
}

const PLAIN: OpenAnswer = { openFlags: 0, backingId: 0 };
const FSETID = 1n << BigInt(CAP.FSETID);

export class Passthrough {
  readonly #release: (device: number, id: number) => void;
  #device: number | undefined;

  /** @param release closes a number. */
  constructor(release: (device: number, id: number) => void) {
    this.#release = release;
  }

  /** INIT has agreed on it. */
  offered(device: number): void {
    this.#device = device;
  }

  /** Is a number to be asked for, of which device? Not for an inode that is open. */
  deviceFor(node: Pick<BackedNode, 'opens' | 'passing'> | undefined): number | undefined {
    return node === undefined || (node.opens === 0 && node.passing === undefined) ? this.#device : undefined;
  }

  /** Before it counts as opened. */
  answer(node: BackedNode, { flags, as, mode, backing }: Opener): OpenAnswer {
    // Without CAP_SYS_ADMIN on the host there will never be one.
    if (backing === -ERRNO.EPERM) this.#device = undefined;
    if (backing !== undefined && backing > 0) {
      if (node.passing === undefined && node.opens === 0) node.passing = { id: backing, fsuid: as.fsuid };
      else this.drop(backing);
    }
    const { passing } = node;
    if (passing === undefined) return PLAIN;
    const writes = (openMask(flags) & MAY_WRITE) !== 0;
    const mayKeepBits = (mode & (S_ISUID | S_ISGID)) !== 0 && (as.capabilities & FSETID) !== 0n;
    const sent = writes && (passing.fsuid !== as.fsuid || mayKeepBits);
    return { openFlags: FOPEN.PASSTHROUGH | (sent ? FOPEN.DIRECT_IO : 0), backingId: passing.id };
  }

  /** Nobody has it open any more. The kernel has forgotten the number for this inode before it sends the last RELEASE. */
  closed(node: BackedNode): void {
    const { passing } = node;
    node.passing = undefined;
    if (passing !== undefined) this.drop(passing.id);
  }

  drop(id: number | undefined): void {
    if (id !== undefined && id > 0 && this.#device !== undefined) this.#release(this.#device, id);
  }
}
