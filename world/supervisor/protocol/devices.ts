/**
 * The served superblocks of a world, shared with the supervisor threads: minor device number to `f_type` for statfs(2).
 *
 * Model: a table in shared memory with one byte for each possible minor number, so a lookup takes constant time. The byte
 * is an index into the few kinds of filesystem. The daemon's main thread is the only writer: it enters a superblock
 * before the mount becomes visible to any process, and removes it when the kernel has ended it. Workers only read.
 * Anonymous devices have major number 0.
 */

/** Minor numbers have 20 bits (MINORBITS of the kernel). Pages of the table that were never written take no memory. */
const MINORS = 1 << 20;
/** Kinds of filesystem; 0 = not ours. */
const KINDS = 256;
const KINDS_SIZE = 4 * KINDS;

export class DeviceTable {
  readonly shared: SharedArrayBuffer;
  readonly #kinds: Uint8Array;
  /** `f_type` by kind. */
  readonly #magics: Uint32Array;

  constructor(shared = new SharedArrayBuffer(KINDS_SIZE + MINORS)) {
    this.shared = shared;
    this.#magics = new Uint32Array(shared, 0, KINDS);
    this.#kinds = new Uint8Array(shared, KINDS_SIZE);
  }

  /** `magic` is `f_type` of the filesystem that the superblock at minor number `minor` stands for. */
  add(minor: number, magic: number): void {
    let kind = 1;
    while (kind < KINDS && this.#magics[kind] !== magic && this.#magics[kind] !== 0) kind++;
    if (kind === KINDS) throw new RangeError('too many kinds of filesystem');
    this.#magics[kind] = magic;
    Atomics.store(this.#kinds, minor, kind);
  }

  remove(minor: number): void {
    Atomics.store(this.#kinds, minor, 0);
  }

  /** @param device `major:minor` */
  has(device: string): boolean {
    const [major = 0, minor = 0] = device.split(':').map(Number);
    return this.magic(major, minor) !== 0;
  }

  /** `f_type`, or 0 when the device is not ours. */
  magic(major: number, minor: number): number {
    return major === 0 ? (this.#magics[this.#kinds[minor] ?? 0] ?? 0) : 0;
  }
}
