/**
 * Reads the facts that are reported of a used file.
 */

import { filesystemUuid } from '../../../host/files/filesystem-uuid.ts';
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { hex } from '../../../linux/bytes.ts';
import { AT_EMPTY_PATH, AT_FDCWD, AT_STATX_DONT_SYNC, O_NONBLOCK } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { FS_IOC_GETVERSION, FS_IOC_MEASURE_VERITY } from '../../../linux/ioctl.ts';
import { OVERLAYFS_SUPER_MAGIC } from '../../../linux/magic.ts';
import { S_IFMT, S_IFREG, STATX_ATTR_VERITY, STATX_BASIC_STATS, STATX_BTIME, STX } from '../../../linux/stat.ts';
import { digestSize } from '../../../lsm/framework/digests/hash.ts';
import type { ContentFacts } from '../../../lsm/framework/files/file-use.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { type FileInspector, factsOf, type InspectedFile } from '../caller/file-inspector.ts';
import { isServed } from '../caller/hazards.ts';
import type { OwnFiles } from '../caller/own-files.ts';
import type { DeviceTable } from '../protocol/devices.ts';
import { isBeingWritten, isOpenElsewhere } from './lease.ts';
import type { ReportedFile } from './reported-use.ts';

const MASK = STATX_BASIC_STATS | STATX_BTIME;
const NANOSECONDS = 1_000_000_000n;

/** For paths and results of system calls. */
type Scratch = Pick<OwnFiles, 'path' | 'resultAddress' | 'resultView'>;

/** A file, and whether its mount ignores set-user-ID bits. */
export interface MountedFile {
  readonly file: ReportedFile;
  readonly nosuid: boolean;
}

/**
 * @param fd O_PATH.
 * @param wanted its type (S_IFREG if absent), and its facts with all attributes where they are known.
 * @returns `undefined` for a file of another type, and where looking at it could block us.
 */
export function usedFile(
  view: CallerView,
  files: FileInspector,
  devices: DeviceTable,
  fd: number,
  tid: Tid,
  wanted: { readonly type?: number; readonly looked?: InspectedFile | undefined } = {},
): MountedFile | undefined {
  const fileType = wanted.type ?? S_IFREG;
  const stat = statFile(view, fd);
  if (stat === undefined || (stat.mode & S_IFMT) !== fileType) return undefined;
  const { major, minor, size, mtime, ctime } = stat;
  // This thread must not wait for files that the main thread serves, nor for those served by any other program.
  if (devices.magic(major, minor) !== 0) return undefined;
  const looked = wanted.looked ?? files.look(fd, tid, { isWanted: () => true });
  if (looked === undefined || isServed(looked.inode.filesystem.type)) return undefined;
  const magic = view.filesystemMagic(fd, tid);
  const key = contentKey(stat, magic);
  const opened = fileType !== S_IFREG ? -1 : view.openAt(AT_FDCWD, `/proc/thread-self/fd/${fd}`, O_NONBLOCK);
  const open = opened >= 0 ? opened : undefined;
  const uuid = open === undefined ? undefined : uuidOf(view, open);
  const generation = open === undefined ? undefined : generationOf(view, open);
  const verity = open === undefined || !stat.verity ? undefined : verityOf(view, open);
  const asOwner = (act: () => number): number => view.asUser(stat.uid, act);
  const writers = open !== undefined && isBeingWritten(open, asOwner);
  const openers = open !== undefined && !writers && isOpenElsewhere(open, asOwner);
  if (open !== undefined) view.close(open);
  const known = { ...(generation !== undefined && { generation }), ...(verity !== undefined && { verity }) };
  return {
    file: {
      ...factsOf(looked),
      superblock: { magic, ...(uuid !== undefined && { uuid }) },
      content: { key, ...known, size, mtime, ctime, writers, openers },
    },
    nosuid: looked.nosuid,
  };
}

/** @param magic of its filesystem. On overlayfs a file that is copied up has another time of birth, and stays the same file. */
export function contentKey({ major, minor, ino, born }: FileStat, magic: number): string {
  return magic === OVERLAYFS_SUPER_MAGIC ? `${major}:${minor} ${ino}` : `${major}:${minor} ${ino} ${born}`;
}

export type FileStat = NonNullable<ReturnType<typeof statFile>>;

/** Facts from statx(2) with AT_STATX_DONT_SYNC, which asks no server. */
export function statFile(view: Scratch, fd: number) {
  const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
  if (rawSyscall(NR.statx, fd, view.path(''), flags, MASK, view.resultAddress) < 0) return undefined;
  const stat = view.resultView;
  const time = (at: number): bigint => stat.getBigInt64(at, true) * NANOSECONDS + BigInt(stat.getUint32(at + 8, true));
  const ino = Number(stat.getBigUint64(STX.INO, true));
  const [major, minor] = [stat.getUint32(STX.DEV_MAJOR, true), stat.getUint32(STX.DEV_MINOR, true)];
  return {
    major,
    minor,
    ino,
    born: time(STX.BTIME),
    uid: stat.getUint32(STX.UID, true),
    gid: stat.getUint32(STX.GID, true),
    mode: stat.getUint16(STX.MODE, true),
    size: Number(stat.getBigUint64(STX.SIZE, true)),
    verity: (stat.getUint32(STX.ATTRIBUTES, true) & STATX_ATTR_VERITY) !== 0,
    mtime: String(time(STX.MTIME)),
    ctime: String(time(STX.CTIME)),
  };
}

/** FS_VERITY_HASH_ALG_* */
const VERITY_ALGORITHMS: ReadonlyMap<number, string> = new Map([
  [1, 'sha256'],
  [2, 'sha512'],
]);
/** FS_VERITY_MAX_DIGEST_SIZE */
const VERITY_DIGEST = 64;

/** FS_IOC_MEASURE_VERITY; `undefined` where the kernel or the file has no fs-verity. @param fd open for reading. */
export function verityOf(
  { resultAddress, resultView }: Pick<Scratch, 'resultAddress' | 'resultView'>,
  fd: number,
  ioctl = (address: number): number => rawSyscall(NR.ioctl, fd, FS_IOC_MEASURE_VERITY, address),
): ContentFacts['verity'] {
  resultView.setUint16(2, VERITY_DIGEST, true);
  if (ioctl(resultAddress) < 0) return undefined;
  const algorithm = VERITY_ALGORITHMS.get(resultView.getUint16(0, true));
  const size = resultView.getUint16(2, true);
  if (algorithm === undefined || size !== digestSize(algorithm)) return undefined;
  return { algorithm, digest: hex(new Uint8Array(resultView.buffer, resultView.byteOffset + 4, size)) };
}

/** `i_generation`, of filesystems that tell. @param fd open for reading. */
export function generationOf(view: Scratch, fd: number): number | undefined {
  if (rawSyscall(NR.ioctl, fd, FS_IOC_GETVERSION, view.resultAddress) < 0) return undefined;
  return view.resultView.getUint32(0, true);
}

/** FS_IOC_GETFSUUID, since Linux 6.9; `undefined` where the filesystem has none. @param fd open for reading. */
export function uuidOf(view: Scratch, fd: number): string | undefined {
  return filesystemUuid(fd, { address: view.resultAddress, view: view.resultView });
}
