/**
 * statx(2) of a path in a way that the audit of the host does not look at: by io_uring(7).
 *
 * Model: with audit rules the kernel reads `security.capability` of the file that a system call's path ends on
 * (audit_inode() of kernel/auditsc.c), which asks its filesystem. Requests of type IORING_OP_STATX are worked on by a
 * thread of the kernel's, outside of any system call, and have `audit_skip` (io_uring/opdef.c), both since 5.16. Rights
 * and descriptors are those of the thread that asks. Format: include/uapi/linux/io_uring.h.
 */

import { ERRNO } from '../../linux/errno.ts';
import { AT_NO_AUTOMOUNT, AT_STATX_DONT_SYNC, AT_SYMLINK_NOFOLLOW } from '../../linux/fcntl.ts';
import {
  CQE,
  CQRING_OFFSETS,
  IO_URING_CQE_SIZE,
  IO_URING_PARAMS,
  IO_URING_PARAMS_SIZE,
  IO_URING_SQE_SIZE,
  IORING_ENTER_GETEVENTS,
  IORING_FEAT_SINGLE_MMAP,
  IORING_OFF_SQES,
  IORING_OP_STATX,
  SQE,
  SQRING_OFFSETS,
} from '../../linux/io-uring.ts';
import { STRUCT_STATX_SIZE } from '../../linux/stat.ts';
import { NR } from '../libc.ts';
import { allocateNative, mapNative, type NativeMemory, putString } from '../memory/native-memory.ts';
import { rawSyscall } from '../raw-syscall.ts';

const PATH_SIZE = 4096;
const { EINTR, ENAMETOOLONG } = ERRNO;

interface Ring {
  readonly fd: number;
  readonly rings: NativeMemory;
  readonly entries: NativeMemory;
  /** Offsets in `rings`. */
  readonly sqTail: number;
  readonly cqHead: number;
  readonly cqTail: number;
  readonly cqMask: number;
  readonly cqes: number;
}

/** Belongs to the thread that made it; the ring ends with the descriptor table of that thread. */
export class UnauditedStat {
  readonly #ring: Ring | undefined = openRing();
  readonly #memory = allocateNative(PATH_SIZE + STRUCT_STATX_SIZE);
  /** struct statx of the last answer. */
  readonly result = new DataView(
    this.#memory.bytes.buffer,
    this.#memory.bytes.byteOffset + PATH_SIZE,
    STRUCT_STATX_SIZE,
  );

  /**
   * statx(2), never with AT_STATX_FORCE_SYNC.
   * @returns 0, or a negative errno. The result is in {@link result} then. `undefined` where there is no io_uring
   * (kernel.io_uring_disabled, a container).
   */
  ask(directory: number, path: string, followed: boolean, mask: number): number | undefined {
    if (this.#ring === undefined) return undefined;
    if (path.length >= PATH_SIZE) return -ENAMETOOLONG;
    const flags = AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC | (followed ? 0 : AT_SYMLINK_NOFOLLOW);
    return this.#statx(this.#ring, directory, putString(this.#memory, 0, path), mask, flags);
  }

  #statx(ring: Ring, directory: number, path: number, mask: number, flags: number): number {
    const { fd, rings, entries, sqTail, cqHead, cqTail, cqMask, cqes } = ring;
    const entry = entries.view;
    entries.bytes.fill(0, 0, IO_URING_SQE_SIZE);
    entry.setUint8(SQE.OPCODE, IORING_OP_STATX);
    entry.setInt32(SQE.FD, directory, true);
    entry.setBigUint64(SQE.OFF, BigInt(this.#memory.address + PATH_SIZE), true);
    entry.setBigUint64(SQE.ADDR, BigInt(path), true);
    entry.setUint32(SQE.LEN, mask, true);
    entry.setUint32(SQE.STATX_FLAGS, flags, true);
    const { view } = rings;
    view.setUint32(sqTail, view.getUint32(sqTail, true) + 1, true);
    const head = view.getUint32(cqHead, true);
    // A submission is taken by the first call; one that a signal ends is made again only to wait.
    for (let submitted = 0; view.getUint32(cqTail, true) === head; ) {
      const result = rawSyscall(NR.io_uring_enter, fd, 1 - submitted, 1, IORING_ENTER_GETEVENTS, 0, 0);
      if (result === 1) submitted = 1;
      else if (result < 0 && result !== -EINTR) return result;
    }
    const result = view.getInt32(cqes + IO_URING_CQE_SIZE * (head & cqMask) + CQE.RES, true);
    view.setUint32(cqHead, head + 1, true);
    return result;
  }
}

function openRing(): Ring | undefined {
  const { address, view } = allocateNative(IO_URING_PARAMS_SIZE);
  const fd = rawSyscall(NR.io_uring_setup, 1, address); // close-on-exec
  if (fd < 0) return undefined;
  const sq = (field: number): number => view.getUint32(IO_URING_PARAMS.SQ_OFF + field, true);
  const cq = (field: number): number => view.getUint32(IO_URING_PARAMS.CQ_OFF + field, true);
  const entries = view.getUint32(IO_URING_PARAMS.SQ_ENTRIES, true);
  const size = Math.max(
    sq(SQRING_OFFSETS.ARRAY) + 4 * entries,
    cq(CQRING_OFFSETS.CQES) + IO_URING_CQE_SIZE * view.getUint32(IO_URING_PARAMS.CQ_ENTRIES, true),
  );
  const single = (view.getUint32(IO_URING_PARAMS.FEATURES, true) & IORING_FEAT_SINGLE_MMAP) !== 0;
  const rings = single ? mapNative(fd, 0, size) : -1;
  const sqes = single ? mapNative(fd, IORING_OFF_SQES, IO_URING_SQE_SIZE * entries) : -1;
  if (typeof rings === 'number' || typeof sqes === 'number') {
    rawSyscall(NR.close, fd);
    return undefined;
  }
  // One entry, which is number 0: that is what the array of the ring says from the beginning.
  return {
    fd,
    rings,
    entries: sqes,
    sqTail: sq(SQRING_OFFSETS.TAIL),
    cqHead: cq(CQRING_OFFSETS.HEAD),
    cqTail: cq(CQRING_OFFSETS.TAIL),
    cqMask: rings.view.getUint32(cq(CQRING_OFFSETS.RING_MASK), true),
    cqes: cq(CQRING_OFFSETS.CQES),
  };
}
