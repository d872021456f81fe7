/**
 * The system calls of the fast path, on one piece of native memory: whole numbers in, whole numbers out.
 *
 * Model: struct statx, struct open_how and struct iovec lie at fixed places; what statx(2) has said is read as words of 32 bits
 * ({@link STAT}). With the supervisor's rights, and with descriptors of its own table.
 */
import { NR } from '../../../host/libc.ts';
import { allocateNative, putString } from '../../../host/memory/native-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ERRNO } from '../../../linux/errno.ts';
import {
  AT_FDCWD,
  AT_NO_AUTOMOUNT,
  AT_STATX_DONT_SYNC,
  AT_SYMLINK_NOFOLLOW,
  F_DUPFD_CLOEXEC,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  OPEN_HOW_SIZE,
} from '../../../linux/fcntl.ts';
import {
  STATX_BTIME,
  STATX_CTIME,
  STATX_GID,
  STATX_INO,
  STATX_MNT_ID_UNIQUE,
  STATX_MODE,
  STATX_TYPE,
  STATX_UID,
} from '../../../linux/stat.ts';

const { ENOSYS, EPERM } = ERRNO;
const IOV = 0;
const HOW = 64;
const STATX = 128;
const XATTR = 384;
const NAMES = 416;
const VALUE = 1024;
const VALUE_SIZE = 512;
const LINK = 1536;
const LINK_SIZE = 64;
const EMPTY = LINK + LINK_SIZE;
const NUMBER = EMPTY + 8;
const TIMES = NUMBER + 24;
const NAME = 2048;
const PATH = 4096;
const PLACE = 2 * 4096;
const STATUS = 3 * 4096;
const STATUS_SIZE = 4096;
const SIZE = 4 * 4096;
/** Of /proc/<tid>/fdinfo/<descriptor>. */
const FLAGS = 'flags:\t';
const PAGE = 4096;
/** Of the name of an attribute, with its NUL. */
const NAME_SIZE = 64;
/** Most paths are shorter; a longer one is read in a second call. */
const USUAL_PATH = 256;

const MASK =
  STATX_TYPE | STATX_MODE | STATX_UID | STATX_GID | STATX_INO | STATX_CTIME | STATX_BTIME | STATX_MNT_ID_UNIQUE;

/** Words of struct statx (include/uapi/linux/stat.h). */
export const STAT = {
  MASK: 0,
  ATTRIBUTES: 2,
  UID: 5,
  GID: 6,
  /** The lower half. */
  MODE: 7,
  INO: 8,
  INO_HIGH: 9,
  BORN: 20,
  BORN_NS: 22,
  CHANGED: 24,
  CHANGED_NS: 26,
  RDEV_MAJOR: 32,
  RDEV_MINOR: 33,
  DEV_MAJOR: 34,
  DEV_MINOR: 35,
  MOUNT: 36,
  MOUNT_HIGH: 37,
} as const;

export class Scratch {
  readonly #memory = allocateNative(SIZE);
  readonly #bytes = this.#memory.bytes;
  readonly #words = new Uint32Array(this.#bytes.buffer, this.#bytes.byteOffset, SIZE / 4);
  readonly #base = this.#memory.address;
  /** struct statx of the last {@link statOf}, {@link statLink} or {@link statName}. */
  readonly stat = new Int32Array(this.#bytes.buffer, this.#bytes.byteOffset + STATX, 64);
  /** The path that was read last, with its end. */
  readonly path = this.#bytes.subarray(PATH, PATH + PAGE);
  /** The same without its end, a character for each byte. */
  text = '';
  readonly #buffer = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, SIZE);
  /** The path of a descriptor that {@link findPlace} has read. */
  readonly place = this.#bytes.subarray(PLACE, PLACE + PAGE);
  /** Its length. */
  placeEnd = 0;
  /** The attribute that was read last. */
  readonly value = this.#bytes.subarray(VALUE, VALUE + VALUE_SIZE);
  /** struct timespec times[2] */
  readonly times = new Uint32Array(this.#bytes.buffer, this.#bytes.byteOffset + TIMES, 8);
  readonly #names = new Map<string, number>();
  #nameEnd = NAMES;
  /** The links to our descriptors, which the thread that asks first opens. */
  #links = -1;
  #hasXattrAt = true;

  constructor() {
    this.#aim(IOV, this.#base + PATH);
    this.#aim(XATTR, this.#base + VALUE);
    this.#words[HOW / 4 + 1] = 0;
  }

  #aim(at: number, address: number): void {
    this.#words[at / 4] = address >>> 0;
    this.#words[at / 4 + 1] = Math.floor(address / 2 ** 32);
  }

  /** A path of the caller. @returns its length in {@link path}; negative = it cannot be read, or has no end there. */
  readPath(tid: number, low: number, high: number): number {
    const inPage = PAGE - (low & (PAGE - 1));
    let count = this.#read(tid, low, high, PATH, Math.min(inPage, USUAL_PATH));
    let end = this.#end(count);
    if (end < 0 && count === USUAL_PATH) {
      count = this.#read(tid, low, high, PATH, PAGE);
      end = this.#end(count);
    } else if (end < 0 && count === inPage) {
      count = this.#read(tid, low, high, PATH, USUAL_PATH);
      end = this.#end(count);
    }
    if (end >= 0) this.text = this.#textAt(PATH, end);
    return end;
  }

  #end(count: number): number {
    const at = this.path.indexOf(0);
    return at < count ? at : -1;
  }

  #textAt(at: number, length: number): string {
    return this.#buffer.toString('latin1', at, at + length);
  }

  /** The attribute that was read last. */
  valueText(length: number): string {
    return this.#textAt(VALUE, length);
  }

  /** What {@link findPlace} has read. */
  get placeText(): string {
    return this.#textAt(PLACE, this.placeEnd);
  }

  /** The name of an attribute. @returns which of `names` it is, from 1 on; 0 = none of them. */
  readName(tid: number, low: number, high: number, names: readonly string[]): number {
    const inPage = PAGE - (low & (PAGE - 1));
    const count = this.#read(tid, low, high, VALUE, Math.min(inPage, NAME_SIZE));
    for (let at = 0; at < names.length; at++) if (isName(this.value, count, names[at] as string)) return at + 1;
    return 0;
  }

  /** Into {@link value}. @returns its length; -1 = it cannot be read, or is long. */
  readValue(tid: number, low: number, high: number, length: number): number {
    if (length > VALUE_SIZE) return -1;
    return this.#read(tid, low, high, VALUE, length) === length ? length : -1;
  }

  /** Into {@link times}. */
  readTimes(tid: number, low: number, high: number): boolean {
    return this.#read(tid, low, high, TIMES, 32) === 32;
  }

  #read(tid: number, low: number, high: number, into: number, length: number): number {
    const words = this.#words;
    this.#aim(IOV, this.#base + into);
    words[IOV / 4 + 2] = length;
    words[IOV / 4 + 4] = low;
    words[IOV / 4 + 5] = high;
    words[IOV / 4 + 6] = length;
    return rawSyscall(NR.process_vm_readv, tid, this.#base + IOV, 1, this.#base + IOV + 16, 1, 0);
  }

  /** Address of {@link path} from `at` on. */
  pathFrom(at: number): number {
    return this.#base + PATH + at;
  }

  get empty(): number {
    return this.#base + EMPTY;
  }

  /** openat2(2) for a descriptor that only names. @param path an address. */
  open(directory: number, path: number, flags: number, resolve: number): number {
    const how = HOW / 4;
    this.#words[how] = O_PATH | O_CLOEXEC | flags;
    this.#words[how + 4] = resolve;
    return rawSyscall(NR.openat2, directory, path, this.#base + HOW, OPEN_HOW_SIZE);
  }

  /** The same. @param name with its NUL. */
  openName(directory: number, name: Uint8Array, flags: number, resolve: number): number {
    this.#bytes.set(name, NAME);
    return this.open(directory, this.#base + NAME, flags, resolve);
  }

  /** Address of a short name, until the next one. */
  putName(name: string): number {
    return putString(this.#memory, NAME, name);
  }

  /** To be stored. @returns its length. */
  putValue(value: Uint8Array): number {
    this.value.set(value);
    return value.length;
  }

  /** @returns another descriptor of the same. */
  duplicate(fd: number): number {
    return rawSyscall(NR.fcntl, fd, F_DUPFD_CLOEXEC, 0);
  }

  close(fd: number): void {
    rawSyscall(NR.close, fd);
  }

  /** @param flags AT_EMPTY_PATH with an empty path. */
  statAt(directory: number, path: number, flags: number): boolean {
    return rawSyscall(NR.statx, directory, path, flags | AT_STATX_DONT_SYNC, MASK, this.#base + STATX) === 0;
  }

  /** Of a name in a directory, past no mount that begins by itself. @returns 0 or a negative errno. */
  statName(directory: number, name: number): number {
    const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;
    return rawSyscall(NR.statx, directory, name, flags, MASK, this.#base + STATX);
  }

  /** Address of `/proc/<tid>/<what><number>`. */
  procLink(tid: number | 'thread-self', what: string, number = -1): number {
    return putString(this.#memory, LINK, number < 0 ? `/proc/${tid}/${what}` : `/proc/${tid}/${what}${number}`);
  }

  openLink(tid: number, what: string): number {
    return this.openAt(this.procLink(tid, what));
  }

  /** What a link of a task leads to. @param entry /proc/<tid>, a descriptor of ours. @param what the link in it. */
  openEntry(entry: number, what: string): number {
    return rawSyscall(NR.openat, entry, this.putName(what), O_PATH | O_CLOEXEC);
  }

  /** The same, for {@link stat}. */
  statEntry(entry: number, what: string): boolean {
    return this.statAt(entry, this.putName(what), 0);
  }

  /** @param path an address. */
  openAt(path: number): number {
    return rawSyscall(NR.openat, AT_FDCWD, path, O_PATH | O_CLOEXEC);
  }

  /** Flags of a descriptor of the caller; -1 = it has no such one. */
  flagsOf(tid: number, descriptor: number): number {
    const text = this.#readText(this.procLink(tid, 'fdinfo/', descriptor));
    const at = text?.indexOf(FLAGS) ?? -1;
    return text === undefined || at < 0 ? -1 : Number.parseInt(text.slice(at + FLAGS.length), 8);
  }

  /** /proc/<tid>/status; `undefined` = the thread has ended, or has very many groups. */
  readStatus(tid: number): string | undefined {
    return this.#readText(this.procLink(tid, 'status'));
  }

  /** @param path an address. @returns `undefined` = it cannot be read, or is too long. */
  #readText(path: number): string | undefined {
    const fd = rawSyscall(NR.openat, AT_FDCWD, path, O_CLOEXEC);
    if (fd < 0) return undefined;
    const length = rawSyscall(NR.read, fd, this.#base + STATUS, STATUS_SIZE);
    this.close(fd);
    return length <= 0 || length === STATUS_SIZE ? undefined : this.#textAt(STATUS, length);
  }

  /** What tells its user namespace apart; `undefined` = it has ended. */
  userNamespace(tid: number | 'thread-self'): string | undefined {
    const link = this.procLink(tid, 'ns/user');
    const length = rawSyscall(NR.readlinkat, AT_FDCWD, link, this.#base + STATUS, STATUS_SIZE);
    return length <= 0 ? undefined : this.#textAt(STATUS, length);
  }

  /** Reads {@link place} of a descriptor of ours, or of what is behind `link`, an address. @returns `false` = it has no path. */
  findPlace(fd: number, link: number): boolean {
    const from = fd < 0 ? link : putString(this.#memory, LINK, `/proc/thread-self/fd/${fd}`);
    const length = rawSyscall(NR.readlinkat, AT_FDCWD, from, this.#base + PLACE, PAGE);
    this.placeEnd = length > 0 && length < PAGE ? length : 0;
    return this.placeEnd > 0;
  }

  /** Address of the name of an attribute. */
  name(text: string): number {
    let at = this.#names.get(text);
    if (at === undefined) {
      at = this.#nameEnd;
      this.#nameEnd += text.length + 1;
      if (this.#nameEnd > VALUE) throw new RangeError(`no room for ${text}`);
      putString(this.#memory, at, text);
      this.#names.set(text, at);
    }
    return this.#base + at;
  }

  /** Into {@link value}. @param fd -1 = of what is behind the link, an address. @returns its length, or a negative errno. */
  attribute(fd: number, link: number, name: string): number {
    return fd < 0
      ? rawSyscall(NR.getxattr, link, this.name(name), this.#base + VALUE, VALUE_SIZE)
      : this.#attributeOf(fd, name);
  }

  /** Names that are stored with the file behind a descriptor of ours, into {@link value}. @returns their length, or a negative errno. */
  attributeNames(fd: number): number {
    if (!this.#opensLinks()) {
      const link = putString(this.#memory, LINK, `/proc/thread-self/fd/${fd}`);
      return rawSyscall(NR.listxattr, link, this.#base + VALUE, VALUE_SIZE);
    }
    const at = putString(this.#memory, NUMBER, String(fd));
    return rawSyscall(NR.listxattrat, this.#links, at, 0, this.#base + VALUE, VALUE_SIZE);
  }

  #attributeOf(fd: number, name: string): number {
    const attribute = this.name(name);
    if (!this.#opensLinks()) {
      const link = putString(this.#memory, LINK, `/proc/thread-self/fd/${fd}`);
      return rawSyscall(NR.getxattr, link, attribute, this.#base + VALUE, VALUE_SIZE);
    }
    this.#words[XATTR / 4 + 2] = VALUE_SIZE;
    this.#words[XATTR / 4 + 3] = 0;
    const at = putString(this.#memory, NUMBER, String(fd));
    return rawSyscall(NR.getxattrat, this.#links, at, 0, attribute, this.#base + XATTR, 16);
  }

  /** Stores what {@link putValue} has put. @returns 0 or a negative errno. */
  store(fd: number, name: string, length: number): number {
    const attribute = this.name(name);
    if (!this.#opensLinks()) {
      const link = putString(this.#memory, LINK, `/proc/thread-self/fd/${fd}`);
      return rawSyscall(NR.setxattr, link, attribute, this.#base + VALUE, length, 0);
    }
    this.#words[XATTR / 4 + 2] = length;
    this.#words[XATTR / 4 + 3] = 0;
    const at = putString(this.#memory, NUMBER, String(fd));
    return rawSyscall(NR.setxattrat, this.#links, at, 0, attribute, this.#base + XATTR, 16);
  }

  /** getxattrat(2) and setxattrat(2), since Linux 6.13, need only the last name of a link to a descriptor. */
  #opensLinks(): boolean {
    if (this.#links >= 0 || !this.#hasXattrAt) return this.#links >= 0;
    this.#hasXattrAt = false;
    const flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    const links = rawSyscall(NR.openat, AT_FDCWD, putString(this.#memory, LINK, '/proc/thread-self/fd'), flags);
    if (links < 0) return false;
    const at = putString(this.#memory, NUMBER, String(links));
    this.#words[XATTR / 4 + 2] = VALUE_SIZE;
    const probe = rawSyscall(NR.getxattrat, links, at, 0, this.name('security.none'), this.#base + XATTR, 16);
    // ENODATA or EOPNOTSUPP of a procfs directory; ENOSYS or EPERM where the call is not there.
    if (probe === -ENOSYS || probe === -EPERM) this.close(links);
    else this.#links = links;
    return this.#links >= 0;
  }

  end(): void {
    if (this.#links >= 0) this.close(this.#links);
    this.#links = -1;
  }
}

function isName(bytes: Uint8Array, count: number, name: string): boolean {
  if (count <= name.length || bytes[name.length] !== 0) return false;
  for (let at = 0; at < name.length; at++) if (bytes[at] !== name.charCodeAt(at)) return false;
  return true;
}
