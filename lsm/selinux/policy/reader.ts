/**
 * Bounds-checked little-endian cursor over a policy image.
 *
 * Inside the parser a rejected policy is a thrown {@link PolicyRejected}, so that the sections read like the format; parse.ts catches it
 * and returns the errno. Nothing here allocates more than a small multiple of the bytes that are really there.
 */
import { textOf } from '../../../linux/bytes.ts';
import { E, type Errno } from '../../../linux/errno.ts';

export class PolicyRejected extends Error {
  readonly errno: Errno;
  constructor(errno: Errno) {
    super(errno.code);
    this.errno = errno;
  }
}

export function reject(errno: Errno = E.EINVAL): never {
  throw new PolicyRejected(errno);
}

/** Rejects with EINVAL unless `condition` holds. */
export function require(condition: boolean): asserts condition {
  if (!condition) reject();
}

/** Largest kmalloc of the kernel: a longer string, or a larger table, fails with ENOMEM before anything is read. */
const KMALLOC_MAX = 4 << 20;
const KVMALLOC_MAX = 0x7fffffff;

/** sizeof(void *) */
export const POINTER = 8;

/** Of a reader of many names. */
const TEXT_WINDOW = 1 << 15;

export class Reader {
  readonly bytes: Uint8Array;
  position: number;
  /** The text of some bytes from `textAt` on: to make a piece of it is much cheaper than to make a text of bytes. */
  #text = '';
  #textAt = 0;

  readonly #window: number;

  /** @param window bytes that are made a text at once; 0 for who reads one name. */
  constructor(bytes: Uint8Array, position = 0, window = TEXT_WINDOW) {
    this.bytes = bytes;
    this.position = position;
    this.#window = window;
  }

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  u8(): number {
    return this.bytes[this.#take(1)] ?? 0;
  }

  u16(): number {
    const at = this.#take(2);
    const b = this.bytes;
    return (b[at] ?? 0) | ((b[at + 1] ?? 0) << 8);
  }

  u32(): number {
    const at = this.#take(4);
    const b = this.bytes;
    return ((b[at] ?? 0) | ((b[at + 1] ?? 0) << 8) | ((b[at + 2] ?? 0) << 16) | ((b[at + 3] ?? 0) << 24)) >>> 0;
  }

  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** A name of `length` bytes; it ends at its first NUL, as all of the kernel's strings do. */
  string(length: number): string {
    const at = this.skipString(length);
    if (at < this.#textAt || at + length > this.#textAt + this.#text.length) {
      this.#text = textOf(this.bytes.subarray(at, at + Math.max(length, this.#window)));
      this.#textAt = at;
    }
    const from = at - this.#textAt;
    const name = this.#text.slice(from, from + length);
    const end = name.indexOf('\0');
    return end < 0 ? name : name.slice(0, end);
  }

  /** Goes past what {@link string} would read. @returns where it begins. */
  skipString(length: number): number {
    require(length !== 0 && length !== 0xffffffff);
    this.allocation(length + 1, 1);
    return this.#take(length);
  }

  /** ENOMEM when the kernel could not allocate `count` items of `size` bytes in one piece. */
  allocation(count: number, size: number): void {
    if (count * size > KMALLOC_MAX) reject(E.ENOMEM);
  }

  /** The same for memory that need not be in one piece. */
  largeAllocation(count: number, size: number): void {
    if (count * size > KVMALLOC_MAX) reject(E.ENOMEM);
  }

  /** u32 number of entries of a hash table, which the kernel allocates (a power of two of pointers) before it reads them. */
  hashTableCount(): number {
    const count = this.u32();
    require(count <= 0x80000000); // the size wraps to 0 and nothing can be inserted
    if (count > 0) this.allocation(2 ** Math.ceil(Math.log2(count)), POINTER);
    return count;
  }

  #take(length: number): number {
    const at = this.position;
    if (length > this.bytes.length - at) reject();
    this.position = at + length;
    return at;
  }
}
