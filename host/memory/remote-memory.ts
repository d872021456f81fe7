/**
 * Memory of another process: process_vm_readv(2), and /proc/<tid>/mem for writing.
 *
 * Model: one buffer of our own with two iovecs in front of it, reused for every transfer, so a transfer costs one system call and no
 * allocation. Addresses come as two 32-bit halves because they are the other side's and may be anything. A transfer that ends early stops
 * at the first page that cannot be read (written); what came before it is good.
 */
import { ERRNO } from '../../linux/errno.ts';
import { AT_FDCWD, O_CLOEXEC, O_RDWR } from '../../linux/fcntl.ts';
import type { Tid } from '../../linux/ids.ts';
import { NR } from '../libc.ts';
import { rawSyscall } from '../raw-syscall.ts';
import { allocateNative, putString } from './native-memory.ts';

/** struct iovec local, struct iovec remote: two u64 each. */
const HEADER = 32;
const LOCAL_LENGTH = 8;
const REMOTE_BASE = 16;
const REMOTE_LENGTH = 24;

/** Largest single transfer: what nearly all callers need is a page at most (PATH_MAX, the data of a mount, a struct lsm_ctx). */
export const REMOTE_LIMIT = 4096;
const SMALLEST_PAGE = 4096;
/** Of /proc/<tid>/mem. */
const PATH_SIZE = 64;

/** An argument was not read or written, because that could wait for a server in user space. */
export class WaitingError extends Error {}

/** Which memory can be touched without waiting for somebody else. */
export interface MemoryGuard {
  /** `false` when reading could wait. */
  mayRead(tid: Tid, low: number, high: number, length: number): boolean;
  /** `false` when writing could wait; `undefined` when the process itself may not write there. */
  mayWrite(tid: Tid, address: bigint, length: number): boolean | undefined;
}

export class RemoteMemory {
  readonly #memory = allocateNative(HEADER + REMOTE_LIMIT);
  readonly #path = allocateNative(PATH_SIZE);
  /** What the last read brought; valid until the next transfer. */
  readonly bytes: Uint8Array = this.#memory.bytes.subarray(HEADER);
  readonly #isSame: () => boolean;
  readonly #guard: MemoryGuard;

  /** Strings that were read of `#strung`, by address. */
  readonly #strings = new Map<number, string>();
  #strung: Tid | undefined;

  /** @param isSame is the thread id still that of the thread that is meant? Asked before each write. */
  constructor(isSame: () => boolean, guard: MemoryGuard) {
    this.#isSame = isSame;
    this.#guard = guard;
    this.#memory.view.setBigUint64(0, BigInt(this.#memory.address + HEADER), true);
  }

  /** Forgets what was read for the call before. */
  forget(): void {
    this.#strings.clear();
    this.#strung = undefined;
  }

  /** Fills `bytes`. @returns the number of bytes that could be read, or a negative errno. @throws WaitingError */
  read(tid: Tid, low: number, high: number, length: number): number {
    if (!this.#guard.mayRead(tid, low, high, length)) throw new WaitingError();
    this.#aim(low, high, length);
    const { address } = this.#memory;
    return rawSyscall(NR.process_vm_readv, tid, address, 1, address + REMOTE_BASE, 1, 0);
  }

  /** A copy of any length; `undefined` when not all of it can be read. @throws WaitingError */
  copy(tid: Tid, low: number, high: number, length: number): Uint8Array | undefined {
    const whole = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const at = addressOf(low, high) + BigInt(done);
      const part = Math.min(length - done, REMOTE_LIMIT);
      if (this.read(tid, Number(at & 0xffff_ffffn), Number(at >> 32n), part) !== part) return undefined;
      whole.set(this.bytes.subarray(0, part), done);
      done += part;
    }
    return whole;
  }

  /** The same, as far as the page goes. */
  readInPage(tid: Tid, low: number, high: number, length: number): number {
    return this.read(tid, low, high, Math.min(length, SMALLEST_PAGE - (low % SMALLEST_PAGE)));
  }

  /**
   * Copies `data` over. @param force also where the process itself may only read, as a debugger does.
   * @returns `false` when not all of it could be written. @throws WaitingError
   */
  write(tid: Tid, low: number, high: number, data: Uint8Array, force = false): boolean {
    if (data.length === 0) return true;
    this.forget();
    const address = addressOf(low, high);
    const may = this.#guard.mayWrite(tid, address, data.length);
    if (may === false) throw new WaitingError();
    if ((may === undefined && !force) || address > Number.MAX_SAFE_INTEGER) return false;
    // The descriptor stands for the memory that the thread has now, whatever it or another executes from here on.
    const memory = rawSyscall(NR.openat, AT_FDCWD, putString(this.#path, 0, `/proc/${tid}/mem`), O_RDWR | O_CLOEXEC);
    if (memory < 0) return false;
    const written = this.#isSame() && this.#writeWhole(memory, Number(address), data);
    rawSyscall(NR.close, memory);
    return written;
  }

  #writeWhole(memory: number, address: number, data: Uint8Array): boolean {
    for (let done = 0; done < data.length; done += REMOTE_LIMIT) {
      const part = data.subarray(done, done + REMOTE_LIMIT);
      this.bytes.set(part);
      const from = this.#memory.address + HEADER;
      if (rawSyscall(NR.pwrite64, memory, from, part.length, address + done) !== part.length) return false;
    }
    return true;
  }

  /**
   * A C string (latin-1). What was read is remembered until {@link forget}: who asks twice gets one answer.
   * @returns a negative errno: EFAULT when it is not readable to its end, ENAMETOOLONG when it has no end within
   * `limit` bytes.
   */
  readString(tid: Tid, low: number, high: number, limit = REMOTE_LIMIT): string | number {
    if (this.#strung !== tid) this.forget();
    const address = high * 2 ** 32 + low; // exact where processes have memory; BigInts are slow
    const known = this.#strings.get(address);
    if (known !== undefined && known.length < limit) return known;
    const text = this.#readString(tid, low, high, limit);
    if (typeof text === 'string' && Number.isSafeInteger(address)) this.#strings.set(address, text);
    this.#strung = tid;
    return text;
  }

  #readString(tid: Tid, low: number, high: number, limit: number): string | number {
    // Most end in the page that they begin in; what follows it need not be there.
    let count = this.readInPage(tid, low, high, limit);
    if (count > 0 && count < limit && !this.bytes.subarray(0, count).includes(0))
      count = this.read(tid, low, high, limit);
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

/** Of two halves. */
export const addressOf = (low: number, high: number): bigint => (BigInt(high) << 32n) | BigInt(low);

const { ESRCH, EFAULT, ENAMETOOLONG } = ERRNO;

export function latin1(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
}
