/**
 * Files as the caller of a notified system call sees them.
 *
 * Model: everything is opened O_PATH through /proc/<tid>/{root,cwd,fd}, whose links lead into the caller's mount namespace. The caller is
 * blocked in its system call, so what these links mean cannot change under us except by its threads; what is decided here is therefore exact
 * for honest programs; for others it is never more than they could reach themselves, since paths are followed with the caller's rights.
 * Descriptors belong to the worker, which closes what it opens.
 */
import { readdirSync } from 'node:fs';
import { NR } from '../../../host/libc.ts';
import { allocateNative, putString } from '../../../host/memory/native-memory.ts';
import { latin1 } from '../../../host/memory/remote-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ActingAs, type Credentials, credentialsOf } from './acting-as.ts';
import { walkCarefully } from './careful-walk.ts';
import type { Hazards } from './hazards.ts';
import { type ProcessStatus, processStatus } from './process-status.ts';

export const AT_FDCWD = -100;
export const O_PATH = 0o10000000;
const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
export const O_DIRECTORY = 0o200000;
export const O_NOFOLLOW = 0o400000;
const RESOLVE_NO_XDEV = 0x01;
export const RESOLVE_IN_ROOT = 0x10;
export const RESOLVE_CACHED = 0x20;
export const AT_EMPTY_PATH = 0x1000;
const AT_EACCESS = 0x200;
const AT_STATX_DONT_SYNC = 0x4000;
const STATX_TYPE_INO = 0x101;
const STATX_MNT_ID = 0x1000;
const S_IFMT = 0o170000;
const S_IFCHR = 0o020000;
const S_IFDIR = 0o040000;
const S_IFLNK = 0o120000;
const STATX_ATTR_MOUNT_ROOT = 0x2000;
const ESRCH = 3;
const EAGAIN = 11;
const EXDEV = 18;
const EINVAL = 22;
const ENAMETOOLONG = 36;

const CAP_SYS_ADMIN = 1n << 21n;
/** struct file_handle { u32 handle_bytes; int handle_type; ... } of at most MAX_HANDLE_SZ; types of fuse_encode_fh(). */
const MAX_HANDLE = 128;
const FUSE_HANDLES: ReadonlySet<number> = new Set([0x81, 0x82]);

const PATH_SIZE = 4096;
/** Layout of the scratch memory: a path, struct open_how, a result. */
const HOW = PATH_SIZE;
const RESULT = HOW + 24;
const RESULT_SIZE = 4096;

/** What tells superblocks and mounts apart. */
export interface Identity {
  readonly major: number;
  readonly minor: number;
  readonly ino: number;
  /** The descriptor is the root of a mount. */
  readonly mountRoot: boolean;
  readonly directory: boolean;
  readonly link: boolean;
}

/** A link of procfs that leads to a file of the caller, and what follows: gnulib's stand-in for getxattrat(2). */
const PROCESS_LINK = /^\/proc\/(?:thread-)?self\/(fd\/\d+|cwd|root|exe|ns\/\w+)(\/.*)?$/;
/** Links to such links. */
const DEVICE_LINK = /^\/dev\/fd(?=\/\d)/;
const STANDARD: ReadonlyMap<string, string> = new Map([
  ['/dev/stdin', '/proc/self/fd/0'],
  ['/dev/stdout', '/proc/self/fd/1'],
  ['/dev/stderr', '/proc/self/fd/2'],
]);

/** The caller's own entry of procfs at the beginning of a path: what the link leads to; the same where a last link is not followed. */
const OWN = /^\/proc\/(?:thread-)?self(?=\/|$)/;
const OWN_FOLLOWED = /^\/proc\/(?:thread-)?self(?=\/)/;

export class CallerView {
  readonly #memory = allocateNative(RESULT + RESULT_SIZE);
  readonly hazards: Hazards;
  readonly #actingAs: ActingAs;
  readonly #ourUid = process.geteuid?.() ?? 0;
  /** Of the thread that was asked about last. */
  #credentials: { readonly tid: number; readonly value: Credentials | undefined } | undefined;
  #status: { readonly tid: number; readonly value: ProcessStatus | undefined } | undefined;

  constructor(hazards: Hazards) {
    this.hazards = hazards;
    this.#actingAs = new ActingAs(this);
  }

  /** Another call begins: what a thread may do can have changed. */
  forget(): void {
    this.#credentials = undefined;
    this.#status = undefined;
    this.hazards.forget();
  }

  /** Read once for a call: whoever waits for us does not change. `undefined` when it is gone. */
  status(tid: number): ProcessStatus | undefined {
    if (this.#status?.tid !== tid) this.#status = { tid, value: processStatus(this, tid) };
    return this.#status.value;
  }

  /** What a thread is for files; `undefined` when it is gone. */
  credentials(tid: number): Credentials | undefined {
    if (this.#credentials?.tid !== tid) this.#credentials = { tid, value: credentialsOf(this, tid) };
    return this.#credentials.value;
  }

  /** The result area, for system calls of others that need a place to write to: `resultAddress`, at most 4096 bytes. */
  readonly result: Uint8Array = this.#memory.bytes.subarray(RESULT);
  readonly resultAddress: number = this.#memory.address + RESULT;
  readonly resultView = new DataView(this.result.buffer, this.result.byteOffset, RESULT_SIZE);

  /** Address of a copy of `path`, valid until the next call; 0 when it is too long. */
  path(path: string): number {
    return path.length < PATH_SIZE ? putString(this.#memory, 0, path) : 0;
  }

  open(path: string, flags: number): number {
    return this.openAt(AT_FDCWD, path, flags);
  }

  openAt(directory: number, path: string, flags: number): number {
    const address = this.path(path);
    return address === 0 ? -ENAMETOOLONG : rawSyscall(NR.openat, directory, address, flags | O_CLOEXEC, 0);
  }

  /**
   * openat2(2), O_PATH, with the rights of the caller. What the kernel has in its caches is found without asking anybody; only for the rest it matters who serves it.
   * EAGAIN = not to be looked up by us.
   */
  resolve(tid: number, directory: number, path: string, flags: number, resolve: number): number {
    const credentials = this.credentials(tid);
    if (credentials === undefined) return -ESRCH;
    const cachedOnly = resolve | RESOLVE_CACHED;
    if (this.hazards.audit?.stat !== undefined && this.#mayBeHeldUp(tid, directory, resolve)) {
      const near = this.mayAsk(directory, tid)
        ? this.#actingAs.run(credentials, () => this.openAt2(directory, path, flags, cachedOnly | RESOLVE_NO_XDEV))
        : -EXDEV;
      return near === -EXDEV || near === -EAGAIN || near === -EINVAL
        ? this.#walk(credentials, tid, directory, path, flags, resolve)
        : near;
    }
    const cached = this.#actingAs.run(credentials, () => this.openAt2(directory, path, flags, cachedOnly));
    if ((cached !== -EAGAIN && cached !== -EINVAL) || resolve === cachedOnly) return cached; // EINVAL: before 5.12
    // The caller's own /proc may be closed to it, when it has changed who it is.
    if (this.#mayBeHeldUp(tid, directory, resolve))
      return this.#walk(credentials, tid, directory, path, flags, resolve);
    return this.#actingAs.run(credentials, () => this.openAt2(directory, path, flags, resolve));
  }

  /** What the kernel says to the caller who wants to do this (MAY_*) to a file whose filesystem answers by itself: 0 or a negative errno. */
  permits(tid: number, fd: number, mask: number): number {
    const credentials = this.credentials(tid);
    if (credentials === undefined) return -ESRCH;
    const flags = AT_EMPTY_PATH | AT_EACCESS;
    return this.#actingAs.run(credentials, () => rawSyscall(NR.faccessat2, fd, this.path(''), mask, flags));
  }

  /** Could a path from there lead to a filesystem that does not answer? */
  #mayBeHeldUp(tid: number, directory: number, resolve: number): boolean {
    if (this.hazards.any(tid) || !this.mayAsk(directory, tid)) return true;
    // From a directory outside of its root a thread gets to mounts that its list does not have.
    return (resolve & RESOLVE_IN_ROOT) === 0 && this.readlinkAt(AT_FDCWD, `/proc/${tid}/root`) !== '/';
  }

  #walk(as: Credentials, tid: number, start: number, path: string, flags: number, resolve: number): number {
    const inRoot = (resolve & RESOLVE_IN_ROOT) !== 0;
    const restriction = resolve & RESOLVE_CACHED;
    if ((resolve & ~(RESOLVE_IN_ROOT | RESOLVE_CACHED)) !== 0) return -EAGAIN; // restrictions that the walk does not know
    const root = inRoot ? start : this.openStart(tid, AT_FDCWD, true);
    if (root < 0) return root;
    const found = this.#actingAs.run(as, () => walkCarefully(this, { tid, start, root, path, flags, restriction }));
    if (!inRoot) this.close(root);
    return found;
  }

  /** One step of a path, from a directory whose filesystem answers by itself. @param restriction RESOLVE_CACHED or 0. */
  openNext(tid: number, directory: number, name: string, restriction: number): number {
    if (this.hazards.audit?.stat === undefined) return this.openAt2(directory, name, O_NOFOLLOW, restriction);
    const near = this.openAt2(directory, name, O_NOFOLLOW, restriction | RESOLVE_NO_XDEV);
    if (near !== -EXDEV) return near;
    const refused = this.mayName(tid, directory, name, false);
    return refused < 0 ? refused : this.openAt2(directory, name, O_NOFOLLOW, restriction);
  }

  /**
   * Where audit looks at what we name: does the filesystem that a path ends on answer by itself? Names on the way are looked up.
   * @returns 0, or a negative errno; EAGAIN = it may not.
   */
  mayName(tid: number, directory: number, path: string, followed: boolean): number {
    const { audit } = this.hazards;
    const stat = audit?.stat;
    const answer = stat?.ask(directory, path, followed, STATX_TYPE_INO);
    if (stat === undefined || answer === undefined) return 0;
    if (answer < 0) return answer;
    const device = `${stat.result.getUint32(136, true)}:${stat.result.getUint32(140, true)}`;
    if (!this.hazards.waits(tid, device)) return 0;
    return this.#isTrustedDetached(tid, device) && audit?.isServed(device) !== true ? 0 : -EAGAIN;
  }

  /** What is known without asking a filesystem, with our rights. */
  openCached(tid: number, directory: number, path: string, flags: number, resolve: number): number {
    const careful = this.hazards.audit?.stat !== undefined && this.#mayBeHeldUp(tid, directory, resolve);
    if (careful && !this.mayAsk(directory, tid)) return -EAGAIN;
    return this.openAt2(directory, path, flags, resolve | RESOLVE_CACHED | (careful ? RESOLVE_NO_XDEV : 0));
  }

  /** openat2(2), O_PATH, with our rights. */
  openAt2(directory: number, path: string, flags: number, resolve: number): number {
    const address = this.path(path === '' ? '.' : path);
    if (address === 0) return -ENAMETOOLONG;
    const { view } = this.#memory;
    view.setUint32(HOW, flags | O_PATH | O_CLOEXEC, true);
    view.setUint32(HOW + 4, 0, true);
    view.setBigUint64(HOW + 8, 0n, true);
    view.setBigUint64(HOW + 16, BigInt(resolve), true);
    return rawSyscall(NR.openat2, directory, address, this.#memory.address + HOW, 24);
  }

  /** The directory that a path of the caller starts from. */
  openStart(tid: number, dirfd: number, absolute: boolean): number {
    if (absolute) return this.#openLink(tid, 'root');
    return this.#openLink(tid, dirfd === AT_FDCWD ? 'cwd' : `fd/${dirfd}`);
  }

  /** What a link of the caller's in procfs leads to. */
  #openLink(tid: number, name: string, flags = 0): number {
    const link = `/proc/${tid}/${name}`;
    const refused = this.mayName(tid, AT_FDCWD, link, (flags & O_NOFOLLOW) === 0);
    return refused < 0 ? refused : this.open(link, O_PATH | flags);
  }

  /** Numbers of the descriptors that are open. */
  descriptors(tid: number): number[] {
    return namesIn(`/proc/${tid}/fd`).map(Number);
  }

  /** What the directory behind `fd` has. */
  names(fd: number): string[] {
    return namesIn(`/proc/thread-self/fd/${fd}`);
  }

  /** Thread group leaders that there are, by our numbers. */
  processes(): number[] {
    return namesIn('/proc').map(Number).filter(Number.isInteger);
  }

  openDescriptor(tid: number, fd: number): number {
    return this.#openLink(tid, `fd/${fd}`);
  }

  /**
   * What `path` means to the caller. Absolute symbolic links stay below its root. `/proc/self` at the front becomes the caller's own; met
   * later on the way it would be ours, so such a path resolves to something that is not ours to answer for.
   * @param restriction RESOLVE_CACHED = only what the kernel finds without asking a filesystem.
   */
  resolveForCaller(tid: number, dirfd: number, path: string, flags: number, restriction = 0): number {
    const standard = (flags & O_NOFOLLOW) === 0 ? STANDARD.get(path) : undefined;
    const link = PROCESS_LINK.exec(standard ?? path.replace(DEVICE_LINK, '/proc/self/fd'));
    if (link !== null) return this.#resolveFrom(link[1] ?? '', link[2] ?? '', tid, flags);
    const absolute = path.startsWith('/');
    const start = this.openStart(tid, dirfd, absolute);
    if (start < 0) return start;
    // The link itself is what it is to everybody.
    const meant = path.replace((flags & O_NOFOLLOW) === 0 ? OWN : OWN_FOLLOWED, `/proc/${tid}`);
    const resolve = restriction | (absolute ? RESOLVE_IN_ROOT : 0);
    const fd = this.resolve(tid, start, meant, flags, resolve);
    this.close(start);
    return fd;
  }

  /** Through a link of the caller's own, which RESOLVE_IN_ROOT would not follow. */
  #resolveFrom(link: string, rest: string, tid: number, flags: number): number {
    const start = this.#openLink(tid, link, rest === '' ? flags & O_NOFOLLOW : 0);
    const below = rest.replace(/^\/+/, '');
    if (start < 0 || below === '') return start;
    const fd = this.resolve(tid, start, below, flags, 0);
    this.close(start);
    return fd;
  }

  identity(fd: number): Identity | undefined {
    const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    const answer = rawSyscall(NR.statx, fd, this.path(''), flags, STATX_TYPE_INO, this.resultAddress);
    return answer < 0 ? undefined : identityIn(this.resultView);
  }

  /** The same of a descriptor of the caller, whatever it leads to. */
  identityOf(tid: number, descriptor: number): Identity | undefined {
    const link = `/proc/${tid}/fd/${descriptor}`;
    const stat = this.hazards.audit?.stat;
    const answer = stat?.ask(AT_FDCWD, link, true, STATX_TYPE_INO);
    if (stat !== undefined && answer !== undefined) return answer < 0 ? undefined : identityIn(stat.result);
    const fd = this.open(link, O_PATH);
    if (fd < 0) return undefined;
    const identity = this.identity(fd);
    this.close(fd);
    return identity;
  }

  /** `major:minor` of the filesystem. */
  deviceOf(fd: number): string | undefined {
    const identity = this.identity(fd);
    return identity && `${identity.major}:${identity.minor}`;
  }

  /** Number of the mount `fd` is on, as in mountinfo; -1 when that cannot be told. */
  mountId(fd: number): number {
    const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    if (rawSyscall(NR.statx, fd, this.path(''), flags, STATX_MNT_ID, this.resultAddress) < 0) return -1;
    return Number(this.resultView.getBigUint64(144, true));
  }

  /** For what the kernel grants to owners only. */
  asUser(uid: number, act: () => number): number {
    return this.#actingAs.asUser(uid, act);
  }

  /** Number of the device behind `fd`, if it is a character device. */
  characterDevice(fd: number): { readonly major: number; readonly minor: number } | undefined {
    const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    if (rawSyscall(NR.statx, fd, this.path(''), flags, STATX_TYPE_INO, this.resultAddress) < 0) return undefined;
    const view = this.resultView;
    if ((view.getUint16(28, true) & S_IFMT) !== S_IFCHR) return undefined;
    return { major: view.getUint32(128, true), minor: view.getUint32(132, true) };
  }

  /** `f_type` of the filesystem that the caller's `fd` is on; 0 when that cannot be told without waiting for somebody. */
  filesystemMagic(fd: number, tid: number): number {
    return this.mayAsk(fd, tid) ? this.magic(fd) : 0;
  }

  /** Does the filesystem of a descriptor of the caller answer by itself? */
  mayAsk(fd: number, tid: number): boolean {
    const device = this.deviceOf(fd);
    if (device === undefined) return false;
    if (!this.hazards.waits(tid, device)) return true;
    if (!this.#isTrustedDetached(tid, device)) return false;
    const { audit } = this.hazards;
    const served = audit?.stat === undefined ? undefined : audit.isServed(device);
    return !(served ?? this.#looksLikeFuse(fd));
  }

  /** A mount of root's, or of whoever we are, that is not attached. */
  #isTrustedDetached(tid: number, device: string): boolean {
    if (this.hazards.isListed(tid, device)) return false;
    const { fsuid, capabilities = 0n } = this.credentials(tid) ?? {};
    return (fsuid === 0 || fsuid === this.#ourUid) && (capabilities & CAP_SYS_ADMIN) !== 0n;
  }

  /** By its file handle, which the kernel makes without asking the server. */
  #looksLikeFuse(fd: number): boolean {
    const { resultView, resultAddress } = this;
    resultView.setUint32(0, MAX_HANDLE, true);
    const mountId = this.#memory.address + HOW;
    const made = rawSyscall(NR.name_to_handle_at, fd, this.path(''), resultAddress, mountId, AT_EMPTY_PATH);
    return made === 0 && FUSE_HANDLES.has(resultView.getInt32(4, true));
  }

  /** The same of one that answers by itself. The whole struct statfs is in `result`. */
  magic(fd: number): number {
    return rawSyscall(NR.fstatfs, fd, this.resultAddress) < 0 ? 0 : this.resultView.getUint32(0, true);
  }

  readlinkAt(directory: number, path: string): string | undefined {
    const count = rawSyscall(NR.readlinkat, directory, this.path(path), this.resultAddress, RESULT_SIZE);
    return count < 0 ? undefined : latin1(this.result, count);
  }

  /** A small file, whole; `undefined` when it cannot be read. */
  readFile(directory: number, path: string): string | undefined {
    const fd = this.openAt(directory, path, O_NONBLOCK); // a lease is not waited for
    if (fd < 0) return undefined;
    const count = rawSyscall(NR.read, fd, this.resultAddress, RESULT_SIZE);
    this.close(fd);
    return count < 0 ? undefined : latin1(this.result, count);
  }

  close(fd: number): void {
    rawSyscall(NR.close, fd);
  }
}

/** @param statx struct statx */
function identityIn(statx: DataView): Identity {
  const type = statx.getUint16(28, true) & S_IFMT;
  return {
    major: statx.getUint32(136, true),
    minor: statx.getUint32(140, true),
    ino: Number(statx.getBigUint64(32, true)),
    directory: type === S_IFDIR,
    link: type === S_IFLNK,
    mountRoot: (statx.getUint32(8, true) & STATX_ATTR_MOUNT_ROOT) !== 0,
  };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // it is gone
  }
}
