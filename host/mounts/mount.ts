/**
 * Mount namespaces and mounts, without helper programs.
 *
 * Model: the file-descriptor interface of Linux 5.2 (include/uapi/linux/mount.h): a mount can exist detached, named by a descriptor
 * only, and be attached later, in another namespace or by another process. All functions return >= 0 or a negative errno and act in the
 * mount namespace of the calling thread.
 */
import { closeSync } from 'node:fs';
import { AT_EMPTY_PATH, AT_FDCWD, AT_RECURSIVE, AT_SYMLINK_NOFOLLOW } from '../../linux/fcntl.ts';
import {
  MNT_DETACH,
  MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_EMPTY_PATH,
  MS_PRIVATE,
  MS_SLAVE,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
  UMOUNT_NOFOLLOW,
} from '../../linux/mount.ts';
import { CLONE_NEWNS } from '../../linux/process.ts';
import { libcFunction, systemCall } from '../libc.ts';
import { createSuperblock, detachedMount, openContext, setOption } from './filesystem-context.ts';

const rawUnshare = libcFunction('unshare', ['int']);
const rawSetns = libcFunction('setns', ['int', 'int']);
const rawUmount = libcFunction('umount2', ['str', 'int']);
const rawOpenTree = systemCall('open_tree', ['int', 'str', 'uint']);
const rawMoveMount = systemCall('move_mount', ['int', 'str', 'int', 'str', 'uint']);
const rawMountSetattr = systemCall('mount_setattr', ['int', 'str', 'uint', 'void *', 'size_t']);

export function unshare(flags: number): number {
  return rawUnshare(flags);
}

/** Moves this thread into the mount namespace behind `fd`. The thread must not share its fs_struct: `unshare(CLONE_FS)` first. */
export function setMountNamespace(fd: number): number {
  return rawSetns(fd, CLONE_NEWNS);
}

export type Propagation = 'private' | 'slave';

/** Changes the propagation of the mount at `/` and all below it. `/` must be a mount point, which it is not after every chroot(2). */
export function setPropagation(kind: Propagation): number {
  const attributes = new BigUint64Array([0n, 0n, BigInt(kind === 'private' ? MS_PRIVATE : MS_SLAVE), 0n]);
  return rawMountSetattr(AT_FDCWD, '/', AT_RECURSIVE, new Uint8Array(attributes.buffer), 32);
}

/** Sets MOUNT_ATTR_* bits of the one mount at `path`. */
export function setMountAttributes(path: string, attributes: number): number {
  const request = new BigUint64Array([BigInt(attributes), 0n, 0n, 0n]);
  return rawMountSetattr(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, new Uint8Array(request.buffer), 32);
}

/** A detached copy of what is mounted at `path`, with everything below it when `recursive`; the last component is not followed. */
export function copyTree(path: string, recursive: boolean): number {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW | (recursive ? AT_RECURSIVE : 0);
  return rawOpenTree(AT_FDCWD, path, flags);
}

/** A detached copy of the directory `path` below `directory`, without what is mounted in it. */
export function copyTreeAt(directory: number, path: string): number {
  return rawOpenTree(directory, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
}

/** A detached copy of the mount that `fd` names. That mount must be attached in this namespace (until Linux 6.15). */
export function copyMount(fd: number): number {
  return rawOpenTree(fd, '', OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
}

/** Attaches a detached mount. The last component of `path` is not followed, so a mount can cover a symbolic link. */
export function attachMount(fd: number, path: string): number {
  return rawMoveMount(fd, '', AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);
}

/** Attaches a detached mount to the directory behind a descriptor. */
export function attachMountOn(fd: number, directory: number): number {
  return rawMoveMount(fd, '', directory, '', MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/** Makes `source` appear at `target` as well: `mount --bind`, `--rbind` when `recursive`. */
export function bindMount(source: string, target: string, recursive = false): number {
  const fd = copyTree(source, recursive);
  if (fd < 0) return fd;
  const result = attachMount(fd, target);
  closeSync(fd);
  return result;
}

/** A new detached mount of a kernel filesystem. @param options with null for a flag. */
export function detachedFilesystem(
  type: string,
  options: Readonly<Record<string, string | null>> = {},
  attributes = 0,
): number {
  const context = openContext(type);
  if (context < 0) return context;
  try {
    for (const [key, value] of Object.entries(options)) {
      const set = setOption(context, key, value);
      if (set < 0) return set;
    }
    const created = createSuperblock(context);
    return created < 0 ? created : detachedMount(context, attributes);
  } finally {
    closeSync(context);
  }
}

/** Mounts a kernel filesystem at `path`. */
export function mountFilesystem(
  type: string,
  path: string,
  options: Readonly<Record<string, string>>,
  attributes: number,
): number {
  const fd = detachedFilesystem(type, options, attributes);
  if (fd < 0) return fd;
  const result = attachMount(fd, path);
  closeSync(fd);
  return result;
}

/** Takes the top mount at `path` away, also while it is in use, without following a symbolic link. */
export function detachMount(path: string): number {
  return rawUmount(path, MNT_DETACH | UMOUNT_NOFOLLOW);
}
