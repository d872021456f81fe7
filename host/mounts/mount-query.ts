/**
 * Questions about mounts by number: which a mount namespace has, without reading and parsing its list.
 *
 * Source: include/uapi/linux/mount.h (listmount(2) of another namespace since 6.11), nsfs.h. The 64-bit numbers of
 * mounts and of mount namespaces are never given twice, and nothing here holds a reference: a namespace ends and a
 * filesystem is unmounted as if nobody had looked.
 */

import { AT_EMPTY_PATH, AT_FDCWD, AT_STATX_DONT_SYNC, O_CLOEXEC } from '../../linux/fcntl.ts';
import { NS_GET_MNTNS_ID, PIDFD_GET_MNT_NAMESPACE } from '../../linux/ioctl.ts';
import {
  LSMT_ROOT,
  MNT_ID_REQ_SIZE_VER1,
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RELATIME,
  STATMOUNT,
  STATMOUNT_MNT_BASIC,
  STATMOUNT_SB_BASIC,
} from '../../linux/mount.ts';
import { PIDFD_THREAD } from '../../linux/process.ts';
import { STATX_ATTR_MOUNT_ROOT, STATX_MNT_ID_UNIQUE, STRUCT_STATX_SIZE, STX } from '../../linux/stat.ts';
import { ST_NOATIME, ST_NODIRATIME, ST_NOSYMFOLLOW, ST_RELATIME, ST_VALID } from '../../linux/statfs.ts';
import type { UnauditedStat } from '../files/unaudited-stat.ts';
import { NR } from '../libc.ts';
import { allocateNative, type NativeMemory, putString } from '../memory/native-memory.ts';
import { rawSyscall } from '../raw-syscall.ts';

/** Longest list of mounts that is read. */
const MOST = 2048;
const STATMOUNT_BASIC = STATMOUNT_SB_BASIC | STATMOUNT_MNT_BASIC;
/** Bits that attributes of a mount, flags of a superblock and `f_flags` have in common. */
const SAME_MOUNT_FLAGS = 0xf;
const SAME_SUPERBLOCK_FLAGS = 0x11;
/** By what calculate_f_flags() of fs/statfs.c makes of it. */
const ST_ATIME: ReadonlyMap<number, number> = new Map([
  [MOUNT_ATTR_RELATIME, ST_RELATIME],
  [MOUNT_ATTR_NOATIME, ST_NOATIME],
]);

/** Layout of the scratch memory: a path, struct mnt_id_req, struct statx, struct statmount, numbers of mounts. */
const REQUEST = 64;
const STATX = REQUEST + MNT_ID_REQ_SIZE_VER1;
const ANSWER = STATX + STRUCT_STATX_SIZE;
const ANSWER_SIZE = 1024;
const IDS = ANSWER + ANSWER_SIZE;

export type ProcessName = number | 'thread-self';

/** What statfs(2) says of a mount that needs no answer of its filesystem. */
export interface MountStatus {
  /** `s_magic`: a filesystem with a server in user space may say something else as `f_type`. */
  readonly magic: number;
  /** `f_flags` */
  readonly flags: number;
}

export class MountQuery {
  #allocated: NativeMemory | undefined;
  readonly #unaudited: (() => UnauditedStat | undefined) | undefined;

  /** @param unaudited looks at the root of a thread, whose filesystem may not answer; `undefined` = statx(2) does. */
  constructor(unaudited?: () => UnauditedStat | undefined) {
    this.#unaudited = unaudited;
  }

  /** Number of the mount namespace of a thread; `undefined` when it is gone, or on kernels without such numbers. */
  namespaceOf(process: ProcessName): bigint | undefined {
    const memory = this.#memory();
    const fd = this.#openNamespace(process);
    if (fd < 0) return undefined;
    const asked = rawSyscall(NR.ioctl, fd, NS_GET_MNTNS_ID, memory.address + REQUEST);
    rawSyscall(NR.close, fd);
    return asked < 0 ? undefined : memory.view.getBigUint64(REQUEST, true);
  }

  /** Number of the mount whose root is the root directory of a thread; `undefined` where that is some other directory. */
  rootMountOf(process: ProcessName): bigint | undefined {
    const path = `/proc/${process}/root`;
    const unaudited = this.#unaudited?.();
    const answer = unaudited?.ask(AT_FDCWD, path, true, STATX_MNT_ID_UNIQUE);
    if (unaudited !== undefined && answer !== undefined) {
      const { result } = unaudited;
      const isRoot = answer === 0 && (result.getUint32(STX.ATTRIBUTES, true) & STATX_ATTR_MOUNT_ROOT) !== 0;
      return isRoot && (result.getUint32(STX.MASK, true) & STATX_MNT_ID_UNIQUE) !== 0
        ? result.getBigUint64(STX.MNT_ID, true)
        : undefined;
    }
    return this.#rootAt(AT_FDCWD, path);
  }

  #rootAt(directory: number, name: string): bigint | undefined {
    const id = this.#mountOf(directory, name);
    const attributes = this.#memory().view.getUint32(STATX + STX.ATTRIBUTES, true);
    return (attributes & STATX_ATTR_MOUNT_ROOT) === 0 ? undefined : id;
  }

  /** By a pidfd, which the kernel knows for as long as numbers of namespaces: unlike a link of /proc that waits for nobody. */
  #openNamespace(process: ProcessName): number {
    if (process === 'thread-self')
      return rawSyscall(NR.openat, AT_FDCWD, putString(this.#memory(), 0, '/proc/thread-self/ns/mnt'), O_CLOEXEC);
    const pidfd = rawSyscall(NR.pidfd_open, process, PIDFD_THREAD);
    if (pidfd < 0) return pidfd;
    const namespace = rawSyscall(NR.ioctl, pidfd, PIDFD_GET_MNT_NAMESPACE, 0);
    rawSyscall(NR.close, pidfd);
    return namespace;
  }

  /** Of the mount with this number (STATX_MNT_ID_UNIQUE), if that is in the mount namespace of a thread. Asks no server. */
  status(mount: bigint, process: ProcessName): MountStatus | undefined {
    const namespace = this.namespaceOf(process);
    if (namespace === undefined) return undefined;
    const memory = this.#memory();
    const { view } = memory;
    const request = this.#request(namespace, mount, STATMOUNT_BASIC);
    if (rawSyscall(NR.statmount, request, memory.address + ANSWER, ANSWER_SIZE, 0) < 0) return undefined;
    if ((view.getUint32(ANSWER + STATMOUNT.MASK, true) & STATMOUNT_BASIC) !== STATMOUNT_BASIC) return undefined;
    const magic = view.getUint32(ANSWER + STATMOUNT.SB_MAGIC, true);
    return {
      magic,
      flags: flagsOf(
        view.getUint32(ANSWER + STATMOUNT.MNT_ATTR, true),
        view.getUint32(ANSWER + STATMOUNT.SB_FLAGS, true),
      ),
    };
  }

  /**
   * Numbers (u64) of the mounts of a namespace in the kernel's order: all of them, of our own namespace those below our root.
   * Valid until the next call. `undefined` when the kernel does not tell, or there are too many.
   */
  list(namespace: bigint): Uint8Array | undefined {
    const memory = this.#memory();
    const request = this.#request(namespace, LSMT_ROOT, 0);
    const count = rawSyscall(NR.listmount, request, memory.address + IDS, MOST, 0);
    return count <= 0 || count === MOST ? undefined : memory.bytes.subarray(IDS, IDS + count * 8);
  }

  /** Has the mount with this number no other one on it? `false` also when the kernel does not tell. */
  isBare(mount: bigint, process: ProcessName): boolean {
    const namespace = this.namespaceOf(process);
    if (namespace === undefined) return false;
    const request = this.#request(namespace, mount, 0);
    return rawSyscall(NR.listmount, request, this.#memory().address + IDS, 1, 0) === 0;
  }

  /** Its struct statx is left in the scratch memory, zeroed where there is none. */
  #mountOf(directory: number, name: string): bigint | undefined {
    const memory = this.#memory();
    const { view } = memory;
    memory.bytes.fill(0, STATX, STATX + STRUCT_STATX_SIZE);
    const flags = AT_STATX_DONT_SYNC | (name === '' ? AT_EMPTY_PATH : 0);
    const path = putString(memory, 0, name);
    rawSyscall(NR.statx, directory, path, flags, STATX_MNT_ID_UNIQUE, memory.address + STATX);
    const known = (view.getUint32(STATX + STX.MASK, true) & STATX_MNT_ID_UNIQUE) !== 0;
    return known ? view.getBigUint64(STATX + STX.MNT_ID, true) : undefined;
  }

  #request(namespace: bigint, mount: bigint, parameter: number): number {
    const { address, view } = this.#memory();
    view.setUint32(REQUEST, MNT_ID_REQ_SIZE_VER1, true);
    view.setUint32(REQUEST + 4, 0, true);
    view.setBigUint64(REQUEST + 8, mount, true);
    view.setBigUint64(REQUEST + 16, BigInt(parameter), true);
    view.setBigUint64(REQUEST + 24, namespace, true);
    return address + REQUEST;
  }

  #memory(): NativeMemory {
    this.#allocated ??= allocateNative(IDS + MOST * 8);
    return this.#allocated;
  }
}

/** calculate_f_flags() */
function flagsOf(mount: number, superblock: number): number {
  return (
    ST_VALID |
    (mount & SAME_MOUNT_FLAGS) |
    (superblock & SAME_SUPERBLOCK_FLAGS) |
    (ST_ATIME.get(mount & MOUNT_ATTR__ATIME) ?? 0) |
    ((mount & MOUNT_ATTR_NODIRATIME) === 0 ? 0 : ST_NODIRATIME) |
    ((mount & MOUNT_ATTR_NOSYMFOLLOW) === 0 ? 0 : ST_NOSYMFOLLOW)
  );
}
