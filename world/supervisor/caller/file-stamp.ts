/**
 * What one statx(2) says of a file: by what it is told apart, whether it has changed, and what decisions about it need
 * without a look at its path.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { AT_EMPTY_PATH, AT_FDCWD, AT_STATX_DONT_SYNC } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import {
  STATX_ATTR_MOUNT_ROOT,
  STATX_BTIME,
  STATX_CTIME,
  STATX_GID,
  STATX_INO,
  STATX_MNT_ID,
  STATX_MNT_ID_UNIQUE,
  STATX_MODE,
  STATX_TYPE,
  STATX_UID,
  STX,
} from '../../../linux/stat.ts';
import type { CallerHazards } from './hazards.ts';
import type { OwnFiles } from './own-files.ts';

const MASK =
  STATX_TYPE |
  STATX_MODE |
  STATX_INO |
  STATX_UID |
  STATX_GID |
  STATX_CTIME |
  STATX_BTIME |
  STATX_MNT_ID |
  STATX_MNT_ID_UNIQUE;
/** Two ticks of the slowest clock (CONFIG_HZ=100). */
export const SETTLED_MS = 20;
/** Of filesystems that keep whole seconds: ext2, and ext4 with inodes of 128 bytes. */
const SECOND_MS = 1000;

export interface FileStamp {
  /** When it was looked at, in milliseconds since 1970: what changes meanwhile may have the same times. */
  readonly at: number;
  /** `major:minor` */
  readonly device: string;
  readonly mount: bigint;
  /** The number of the mount is given once; else another one may get it (before Linux 6.8). */
  readonly isMountUnique: boolean;
  readonly isMountRoot: boolean;
  readonly ino: bigint;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Time of the last change of the inode. */
  readonly seconds: bigint;
  readonly nanoseconds: number;
  /** When it was made, in nanoseconds, rounded; `undefined` = the filesystem does not keep that. Good for comparisons. */
  readonly born: number | undefined;
}

/** Scratch memory for the call. */
export interface StampView extends Pick<OwnFiles, 'path' | 'resultAddress' | 'resultView'> {
  /** Is told what was found. */
  readonly looks?: { stamped(fd: number, stamp: FileStamp): void };
}

/** @param fd a descriptor of ours. */
export function stampOf(view: StampView, fd: number): FileStamp | undefined {
  const found = stamp(view, fd, view.path(''), AT_EMPTY_PATH);
  if (found !== undefined) view.looks?.stamped(fd, found);
  return found;
}

/**
 * Of the file behind a descriptor of the caller, without opening it; `undefined` = there is none, or its link is not followed by us: the
 * host's audit would look at the file.
 */
export function stampOfLink(
  view: StampView & { readonly hazards: Pick<CallerHazards, 'audit'> },
  tid: Tid,
  descriptor: CallerFd,
): FileStamp | undefined {
  if (view.hazards.audit?.stat !== undefined) return undefined;
  return stamp(view, AT_FDCWD, view.path(linkOf(tid, descriptor)), 0);
}

/** Of a name that cannot block us. @param flags AT_SYMLINK_NOFOLLOW, or 0. */
export function stampOfName(view: StampView, directory: number, name: string, flags: number): FileStamp | undefined {
  return stamp(view, directory, view.path(name), flags);
}

/** The link to what the caller has open. */
export const linkOf = (tid: Tid, descriptor: CallerFd): string => `/proc/${tid}/fd/${descriptor}`;

function stamp(view: StampView, directory: number, path: number, flags: number): FileStamp | undefined {
  const at = Date.now();
  if (rawSyscall(NR.statx, directory, path, flags | AT_STATX_DONT_SYNC, MASK, view.resultAddress) < 0) return undefined;
  const statx = view.resultView;
  const has = statx.getUint32(STX.MASK, true);
  return {
    at,
    device: `${statx.getUint32(STX.DEV_MAJOR, true)}:${statx.getUint32(STX.DEV_MINOR, true)}`,
    mount: statx.getBigUint64(STX.MNT_ID, true),
    isMountUnique: (has & STATX_MNT_ID_UNIQUE) !== 0,
    isMountRoot: (statx.getUint32(STX.ATTRIBUTES, true) & STATX_ATTR_MOUNT_ROOT) !== 0,
    ino: statx.getBigUint64(STX.INO, true),
    mode: statx.getUint16(STX.MODE, true),
    uid: statx.getUint32(STX.UID, true),
    gid: statx.getUint32(STX.GID, true),
    seconds: statx.getBigInt64(STX.CTIME, true),
    nanoseconds: statx.getUint32(STX.CTIME + 8, true),
    born:
      (has & STATX_BTIME) === 0
        ? undefined
        : Number(statx.getBigInt64(STX.BTIME, true)) * 1e9 + statx.getUint32(STX.BTIME + 8, true),
  };
}

/** Is the last change long enough ago for another one to show, or another file with the same number? */
export function isSettled({
  at,
  seconds,
  nanoseconds,
}: Pick<FileStamp, 'at' | 'nanoseconds'> & { readonly seconds: bigint | number }): boolean {
  const step = nanoseconds === 0 ? SECOND_MS : 0;
  return at - (Number(seconds) * 1000 + nanoseconds / 1e6) > step + SETTLED_MS;
}

/** Has the inode not changed since? */
export function isSameTime(
  one: Pick<FileStamp, 'nanoseconds' | 'seconds'>,
  other: Pick<FileStamp, 'nanoseconds' | 'seconds'>,
): boolean {
  return one.nanoseconds === other.nanoseconds && one.seconds === other.seconds;
}
