/**
 * Memory of another process: process_vm_readv(2) and process_vm_writev(2).
 *
 * Model: one buffer of our own with two iovecs in front of it, reused for every transfer, so a transfer costs one system call and no
 * allocation. Addresses come as two 32-bit halves because they are the other side's and may be anything. A transfer that ends early stops
 * at the first page that cannot be read (written); what came before it is good.
 */
import { NR } from './libc.ts';
import { allocateNative } from './native-memory.ts';
import { rawSyscall } from './raw-syscall.ts';

/** struct iovec local, struct iovec remote: two u64 each. */
const HEADER = 32;
const LOCAL_LENGTH = 8;
const REMOTE_BASE = 16;
const REMOTE_LENGTH = 24;

/** Largest single transfer: what nearly all callers need is a page at most (PATH_MAX, the data of a mount, a struct lsm_ctx). */
export const REMOTE_LIMIT = 4096;

export class RemoteMemory {
  readonly #memory = allocateNative(HEADER + REMOTE_LIMIT);
  /** What the last read brought; valid until the next transfer. */
  readonly bytes: Uint8Array = this.#memory.bytes.subarray(HEADER);

  /** Is the thread id still that of the thread that is meant? */
  readonly mayWrite: () => boolean;

  /** @param mayWrite asked before each write. */
  constructor(mayWrite: () => boolean) {
    this.mayWrite = mayWrite;
    this.#memory.view.setBigUint64(0, BigInt(this.#memory.address + HEADER), true);
  }

  /** Fills `bytes`. @returns the number of bytes that could be read, or a negative errno. */
  read(tid: number, low: number, high: number, length: number): number {
    this.#aim(low, high, length);
    const { address } = this.#memory;
    return rawSyscall(NR.process_vm_readv, tid, address, 1, address + REMOTE_BASE, 1, 0);
  }

  /** Copies `data` over, in parts if need be. @returns `false` when not all of it could be written. */
  write(tid: number, low: number, high: number, data: Uint8Array): boolean {
    if (data.length === 0) return true;
    if (!this.mayWrite()) return false;
    const { address } = this.#memory;
    for (let done = 0; done < data.length; done += REMOTE_LIMIT) {
      const part = data.subarray(done, done + REMOTE_LIMIT);
      this.bytes.set(part);
      this.#aim((low + done) % WORD, high + Math.floor((low + done) / WORD), part.length);
      if (rawSyscall(NR.process_vm_writev, tid, address, 1, address + REMOTE_BASE, 1, 0) !== part.length) return false;
    }
    return true;
  }

  /**
   * A C string (latin-1). @returns a negative errno: EFAULT when it is not readable to its end, ENAMETOOLONG when it has no end within
   * `limit` bytes.
   */
  readString(tid: number, low: number, high: number, limit = REMOTE_LIMIT): string | number {
    const count = this.read(tid, low, high, limit);
    if (count < 0) return count === -ESRCH ? count : -EFAULT;
    const end = this.bytes.subarray(0, count).indexOf(0);
    if (end >= 0) return latin1(this.bytes, end);
    return count < limit ? -EFAULT : -ENAMETOOLONG;
  }

  #aim(low: number, high: number, length: number): void {
    const { view } = this.#memory;
    view.setUint32(LOCAL_LENGTH, length, true);
    view.setUint32(REMOTE_BASE, low, true);
    view.setUint32(REMOTE_BASE + 4, high, true);
    view.setUint32(REMOTE_LENGTH, length, true);
  }
}

const WORD = 2 ** 32;
const ESRCH = 3;
const EFAULT = 14;
const ENAMETOOLONG = 36;

export function latin1(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
}
