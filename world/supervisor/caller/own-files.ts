/**
 * Files by descriptors and paths of ours, with our rights: the system calls that the supervisor makes for itself. A
 * failure is a negative errno.
 *
 * Nothing here checks whether a filesystem can block us: CallerView does (mayAsk).
 */

import { readdirSync, readFileSync } from 'node:fs';
import { NR } from '../../../host/libc.ts';
import { allocateNative, putString } from '../../../host/memory/native-memory.ts';
import { latin1 } from '../../../host/memory/remote-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ERRNO } from '../../../linux/errno.ts';
import {
  AT_EACCESS,
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_STATX_DONT_SYNC,
  F_DUPFD_CLOEXEC,
  FILEID_INO64_GEN,
  FILEID_INO64_GEN_PARENT,
  MAX_HANDLE_SZ,
  O_CLOEXEC,
  O_NONBLOCK,
  O_PATH,
} from '../../../linux/fcntl.ts';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import {
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  STATX_ATTR_MOUNT_ROOT,
  STATX_GID,
  STATX_INO,
  STATX_MNT_ID,
  STATX_MNT_ID_UNIQUE,
  STATX_MODE,
  STATX_NLINK,
  STATX_TYPE,
  STATX_UID,
  STX,
} from '../../../linux/stat.ts';
import { STATFS } from '../../../linux/statfs.ts';
import { type IdMap, OwnIdMaps } from './id-map.ts';

/** The members of statx(2) that identify an inode. */
export const STATX_TYPE_INO = STATX_TYPE | STATX_INO;
const STATX_FACTS = STATX_TYPE_INO | STATX_MODE | STATX_NLINK | STATX_UID | STATX_GID | STATX_MNT_ID;
const { ENAMETOOLONG } = ERRNO;

const PATH_SIZE = 4096;
/** Layout of the scratch memory: a path, struct open_how, a result. */
const HOW = PATH_SIZE;
const RESULT = HOW + 24;
const RESULT_SIZE = 4096;

/** The types of struct file_handle { u32 handle_bytes; int handle_type; ... } of FUSE. */
const FUSE_HANDLES: ReadonlySet<number> = new Set([FILEID_INO64_GEN, FILEID_INO64_GEN_PARENT]);

/** Identifies the superblock and the mount of a file. */
export interface FileIdentity {
  readonly major: number;
  readonly minor: number;
  readonly ino: number;
  /** The descriptor is the root of a mount. */
  readonly mountRoot: boolean;
  readonly directory: boolean;
  readonly link: boolean;
  /** Number of the mount that no other one ever gets; absent before Linux 6.8, and where it was not asked for. */
  readonly mount?: bigint | undefined;
}

/** Facts of an inode, and of the mount by which it is reached. */
export interface OwnStat {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly ino: number;
  /** Number of names. */
  readonly links: number;
  readonly major: number;
  readonly minor: number;
  readonly mountId: number;
  readonly mountRoot: boolean;
}

/**
 * All system calls that CallerView, the walk and FileInspector make on files; unit tests give them an imagined host.
 * Results are descriptors and negative errnos, as of the system calls.
 */
export type FileCalls = Pick<
  OwnFiles,
  | 'access'
  | 'close'
  | 'duplicate'
  | 'filesystem'
  | 'identity'
  | 'looksLikeFuse'
  | 'mountId'
  | 'mountInfo'
  | 'openAt'
  | 'openAt2'
  | 'readFile'
  | 'readlinkAt'
  | 'stat'
>;

export class OwnFiles {
  readonly #memory = allocateNative(RESULT + RESULT_SIZE);
  readonly #idMaps = new OwnIdMaps();

  /** Scratch memory at `resultAddress`, at most 4096 bytes, for results of system calls made by other classes. */
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

  names(fd: number): string[] {
    return namesIn(`/proc/thread-self/fd/${fd}`);
  }

  /** Process ids in our pid namespace. */
  processes(): Tid[] {
    return namesIn('/proc').map(Number).filter(Number.isInteger).map(tidOf);
  }

  threads(process: Tid): Tid[] {
    return namesIn(`/proc/${process}/task`).map((name) => tidOf(Number(name)));
  }

  identity(fd: number): FileIdentity | undefined {
    const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    const mask = STATX_TYPE_INO | STATX_MNT_ID_UNIQUE;
    const answer = rawSyscall(NR.statx, fd, this.path(''), flags, mask, this.resultAddress);
    return answer < 0 ? undefined : identityIn(this.resultView);
  }

  /** `major:minor` of the filesystem. */
  deviceOf(fd: number): string | undefined {
    const identity = this.identity(fd);
    return identity && `${identity.major}:${identity.minor}`;
  }

  /** `undefined` when it cannot be looked at. */
  stat(fd: number): OwnStat | undefined {
    const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    if (rawSyscall(NR.statx, fd, this.path(''), flags, STATX_FACTS, this.resultAddress) < 0) return undefined;
    const statx = this.resultView;
    return {
      mode: statx.getUint16(STX.MODE, true),
      uid: statx.getUint32(STX.UID, true),
      gid: statx.getUint32(STX.GID, true),
      ino: Number(statx.getBigUint64(STX.INO, true)),
      links: statx.getUint32(STX.NLINK, true),
      major: statx.getUint32(STX.DEV_MAJOR, true),
      minor: statx.getUint32(STX.DEV_MINOR, true),
      mountId: Number(statx.getBigUint64(STX.MNT_ID, true)),
      mountRoot: (statx.getUint32(STX.ATTRIBUTES, true) & STATX_ATTR_MOUNT_ROOT) !== 0,
    };
  }

  /** faccessat2(2) of a mask (MAY_*) with the credentials that this thread has at the moment: 0 or a negative errno. */
  access(fd: number, mask: number): number {
    return rawSyscall(NR.faccessat2, fd, this.path(''), mask, AT_EMPTY_PATH | AT_EACCESS);
  }

  /** Id of the mount that `fd` is on, as in mountinfo; -1 when it is not known. */
  mountId(fd: number): number {
    const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    if (rawSyscall(NR.statx, fd, this.path(''), flags, STATX_MNT_ID, this.resultAddress) < 0) return -1;
    return Number(this.resultView.getBigUint64(STX.MNT_ID, true));
  }

  /** Number of the device behind `fd`, if it is a character device. */
  characterDevice(fd: number): { readonly major: number; readonly minor: number } | undefined {
    const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    if (rawSyscall(NR.statx, fd, this.path(''), flags, STATX_TYPE_INO, this.resultAddress) < 0) return undefined;
    const view = this.resultView;
    if ((view.getUint16(STX.MODE, true) & S_IFMT) !== S_IFCHR) return undefined;
    return { major: view.getUint32(STX.RDEV_MAJOR, true), minor: view.getUint32(STX.RDEV_MINOR, true) };
  }

  /** Is it served by FUSE? By its file handle, which the kernel makes without asking the server. */
  looksLikeFuse(fd: number): boolean {
    const { resultView, resultAddress } = this;
    resultView.setUint32(0, MAX_HANDLE_SZ, true);
    const mountId = this.#memory.address + HOW;
    const made = rawSyscall(NR.name_to_handle_at, fd, this.path(''), resultAddress, mountId, AT_EMPTY_PATH);
    return made === 0 && FUSE_HANDLES.has(resultView.getInt32(4, true));
  }

  /** `f_type` and `f_flags` (ST_*) of the filesystem, which must not be one that can block us; 0 on failure. */
  filesystem(fd: number): { readonly magic: number; readonly flags: number } {
    if (!this.statfs(fd)) return { magic: 0, flags: 0 };
    return { magic: this.resultView.getUint32(0, true), flags: this.resultView.getUint32(STATFS.FLAGS, true) };
  }

  /** Reads struct statfs into `result`. */
  statfs(fd: number): boolean {
    return rawSyscall(NR.fstatfs, fd, this.resultAddress) >= 0;
  }

  /** `f_type` as of {@link filesystem}. */
  magic(fd: number): number {
    return this.filesystem(fd).magic;
  }

  /** /proc/<tid>/mountinfo; empty when it is gone. @param tid `thread-self` = of the calling thread. */
  mountInfo(tid: Tid | 'thread-self'): string {
    try {
      return readFileSync(`/proc/${tid}/mountinfo`, 'latin1');
    } catch {
      return '';
    }
  }

  readlinkAt(directory: number, path: string): string | undefined {
    const count = rawSyscall(NR.readlinkat, directory, this.path(path), this.resultAddress, RESULT_SIZE);
    return count < 0 ? undefined : latin1(this.result, count);
  }

  /** A small file, whole; `undefined` when it cannot be read. */
  readFile(directory: number, path: string): string | undefined {
    const fd = this.openAt(directory, path, O_NONBLOCK); // O_NONBLOCK: does not wait for the holder of a lease
    if (fd < 0) return undefined;
    const count = rawSyscall(NR.read, fd, this.resultAddress, RESULT_SIZE);
    this.close(fd);
    return count < 0 ? undefined : latin1(this.result, count);
  }

  /** A file of procfs of any length; `undefined` = it cannot be read. */
  readWhole(path: string): string | undefined {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      return undefined;
    }
  }

  /** uid_map or gid_map of our user namespace: a map is written once (map_write() of kernel/user_namespace.c). */
  ownIdMap(kind: 'uid' | 'gid'): IdMap {
    return this.#idMaps.of(kind, (path) => this.readWhole(path));
  }

  /** @returns another descriptor of the same open file. */
  duplicate(fd: number): number {
    return rawSyscall(NR.fcntl, fd, F_DUPFD_CLOEXEC, 0);
  }

  close(fd: number): void {
    rawSyscall(NR.close, fd);
  }
}

/** @param statx struct statx */
export function identityIn(statx: DataView): FileIdentity {
  const type = statx.getUint16(STX.MODE, true) & S_IFMT;
  return {
    major: statx.getUint32(STX.DEV_MAJOR, true),
    minor: statx.getUint32(STX.DEV_MINOR, true),
    ino: Number(statx.getBigUint64(STX.INO, true)),
    directory: type === S_IFDIR,
    link: type === S_IFLNK,
    mountRoot: (statx.getUint32(STX.ATTRIBUTES, true) & STATX_ATTR_MOUNT_ROOT) !== 0,
    mount:
      (statx.getUint32(STX.MASK, true) & STATX_MNT_ID_UNIQUE) === 0 ? undefined : statx.getBigUint64(STX.MNT_ID, true),
  };
}

export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // it is gone
  }
}
