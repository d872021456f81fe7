/**
 * The superblocks a world made, shared with the supervisor's threads: device number to what statfs(2) must say.
 *
 * Model: a table in shared memory. The daemon's main thread is its only writer and appends an entry before the mount becomes visible to
 * anyone; workers only read. Entries are never removed while the world lives: a superblock lives as long as the daemon holds its device.
 * Device numbers are as in `stat(2)` for anonymous devices (major 0): the minor number.
 */

const HEADER = 1;
const FIELDS = 2;
/** One superblock per mounted instance; a thousand namespaces fit four times. */
const CAPACITY = 4096;

export class DeviceTable {
  readonly shared: SharedArrayBuffer;
  readonly #words: Uint32Array;

  constructor(shared = new SharedArrayBuffer(4 * (HEADER + FIELDS * CAPACITY))) {
    this.shared = shared;
    this.#words = new Uint32Array(shared);
  }

  /** `magic` is `f_type` of the filesystem that the superblock at minor number `minor` stands for. @returns `false` when the table is full. */
  add(minor: number, magic: number): boolean {
    const count = Atomics.load(this.#words, 0);
    for (let i = 0; i < count; i++) if (this.#words[HEADER + FIELDS * i] === minor) return this.#set(i, minor, magic);
    if (count === CAPACITY) return false;
    this.#set(count, minor, magic);
    Atomics.store(this.#words, 0, count + 1);
    return true;
  }

  /** `f_type`, or 0 when the device is not ours. */
  magic(major: number, minor: number): number {
    if (major !== 0) return 0;
    const count = Atomics.load(this.#words, 0);
    for (let i = 0; i < count; i++)
      if (this.#words[HEADER + FIELDS * i] === minor) return this.#words[HEADER + FIELDS * i + 1] ?? 0;
    return 0;
  }

  #set(index: number, minor: number, magic: number): true {
    this.#words[HEADER + FIELDS * index] = minor;
    this.#words[HEADER + FIELDS * index + 1] = magic;
    return true;
  }
}
