/**
 * The operations of the vfs, called by fuse/, the facade and all other users instead of the nodes' own methods.
 *
 * Each function does what fs/namei.c, fs/open.c, fs/read_write.c do around the filesystem's own code: the node's own permission check, the
 * ownership rules, and the errno for an operation that the node lacks. Not done here, because a transport's kernel does it already and
 * walk.ts does it for the rest: mode bits, existence (`ENOENT`, `EEXIST`), access mode of the descriptor (`EBADF`), name lengths.
 * The size protocol of getxattr/listxattr (size 0 asks, ERANGE) belongs to transports.
 */

import { E, type Errno, failed, type Result } from '../../linux/errno.ts';
import { O_DIRECT, O_TRUNC } from '../../linux/fcntl.ts';
import { MAY_EXEC, MAY_READ, MAY_WRITE, openMask, SEEK_DATA } from '../../linux/fs.ts';
import { POLLIN, POLLOUT } from '../../linux/poll.ts';
import type { Caller } from './caller.ts';
import type {
  AttributeChange,
  CreateRequest,
  Directory,
  DirectoryEntry,
  FileNode,
  Handle,
  Node,
  Pending,
  Position,
  Symlink,
} from './node.ts';
import { changeRefused, effectiveChange } from './ownership.ts';
import { xattrReadRefused, xattrValueRefused, xattrWriteRefused } from './xattr-rules.ts';

/** A change of directory entries needs both. */
const MODIFY = MAY_WRITE | MAY_EXEC;

/** `node` as a directory on which `mask` is allowed. @param asBefore its removal is not over yet. */
function directory(node: Node, mask: number, caller: Caller, asBefore = false): Result<Directory> {
  if (node.kind !== 'directory') return E.ENOTDIR;
  if (node.dead === true && !(asBefore && node.keepsEntriesBriefly === true)) return E.ENOENT;
  return node.permission?.(mask, caller) ?? node;
}

/** @param asBefore see {@link Directory.keepsEntriesBriefly}. */
export function lookup(parent: Node, name: string, caller: Caller, asBefore = false): Result<Node> {
  const dir = directory(parent, MAY_EXEC, caller, asBefore);
  return failed(dir) ? dir : dir.lookup(name, caller);
}

/** open(2) of a directory. */
export function openDirectory(node: Node, flags: number, caller: Caller): Errno | undefined {
  if (node.kind !== 'directory') return E.ENOTDIR;
  return node.openDirectory?.(flags, caller);
}

/** @param asBefore see {@link Directory.keepsEntriesBriefly}. */
export function readEntries(node: Node, caller: Caller, asBefore = false): Result<readonly DirectoryEntry[]> {
  const dir = directory(node, MAY_READ, caller, asBefore);
  return failed(dir) ? dir : dir.entries(caller);
}

export function create(
  parent: Node,
  name: string,
  request: CreateRequest,
  caller: Caller,
): Result<{ node: FileNode; handle: Handle }> {
  const dir = directory(parent, MODIFY, caller);
  if (failed(dir)) return dir;
  return dir.create?.(name, request, caller) ?? E.EACCES;
}

export function mkdir(parent: Node, name: string, mode: number, caller: Caller): Result<Directory> {
  const dir = directory(parent, MODIFY, caller);
  if (failed(dir)) return dir;
  return dir.mkdir?.(name, mode, caller) ?? E.EPERM;
}

export function mknod(parent: Node, name: string, mode: number, rdev: number, caller: Caller): Result<Node> {
  const dir = directory(parent, MODIFY, caller);
  if (failed(dir)) return dir;
  return dir.mknod?.(name, mode, rdev, caller) ?? E.EPERM;
}

export function symlink(parent: Node, name: string, target: string, caller: Caller): Result<Symlink> {
  const dir = directory(parent, MODIFY, caller);
  if (failed(dir)) return dir;
  return dir.symlink?.(name, target, caller) ?? E.EPERM;
}

export function link(parent: Node, name: string, node: Node, caller: Caller): Errno | undefined {
  const dir = directory(parent, MODIFY, caller);
  if (failed(dir)) return dir;
  if (dir.link === undefined || node.kind === 'directory') return E.EPERM;
  return dir.link(name, node, caller);
}

export function unlink(parent: Node, name: string, caller: Caller): Errno | undefined {
  const dir = directory(parent, MODIFY, caller);
  if (failed(dir)) return dir;
  return dir.unlink === undefined ? E.EPERM : dir.unlink(name, caller);
}

export function rmdir(parent: Node, name: string, caller: Caller): Errno | undefined {
  const dir = directory(parent, MODIFY, caller);
  if (failed(dir)) return dir;
  return dir.rmdir === undefined ? E.EPERM : dir.rmdir(name, caller);
}

export function rename(
  parent: Node,
  name: string,
  target: Node,
  newName: string,
  flags: number,
  caller: Caller,
): Errno | undefined {
  const from = directory(parent, MODIFY, caller);
  if (failed(from)) return from;
  const to = directory(target, MODIFY, caller);
  if (failed(to)) return to;
  return from.rename === undefined ? E.EPERM : from.rename(name, to, newName, flags, caller);
}

export function readlink(node: Node, caller: Caller): Result<string> {
  return node.kind === 'symlink' ? node.readlink(caller) : E.EINVAL;
}

/** chmod, chown, truncate and utimes, with the kernel's ownership rules. Write permission for a truncate is the caller's to check. */
export function setAttributes(node: Node, change: AttributeChange, caller: Caller): Errno | undefined {
  if (change.size !== undefined) {
    if (node.kind === 'directory') return E.EISDIR;
    if (node.kind !== 'file') return E.EINVAL;
  }
  const now = node.attributes(caller);
  const refused = changeRefused(now, change, caller);
  if (refused !== undefined) return refused;
  if (node.setAttributes === undefined) return E.EPERM;
  return node.setAttributes(effectiveChange(now, change, caller), caller);
}

export function getXattr(node: Node, name: string, caller: Caller): Result<Uint8Array> {
  return xattrReadRefused(node, name, caller) ?? node.xattrs?.get(name, caller) ?? E.EOPNOTSUPP;
}

export function setXattr(
  node: Node,
  name: string,
  value: Uint8Array,
  flags: number,
  caller: Caller,
): Errno | undefined {
  const refused = xattrValueRefused(value, flags) ?? xattrWriteRefused(node, name, caller);
  if (refused !== undefined) return refused;
  return node.xattrs === undefined ? E.EOPNOTSUPP : node.xattrs.set(name, value, flags, caller);
}

export function listXattr(node: Node, caller: Caller): Result<readonly string[]> {
  return node.xattrs?.list(caller) ?? [];
}

export function removeXattr(node: Node, name: string, caller: Caller): Errno | undefined {
  const refused = xattrWriteRefused(node, name, caller);
  if (refused !== undefined) return refused;
  return node.xattrs === undefined ? E.EOPNOTSUPP : node.xattrs.remove(name, caller);
}

/**
 * Opens a file. O_TRUNC becomes a truncation after the node's own open has succeeded, as in the kernel; nodes ignore the flag itself.
 */
export function open(node: Node, flags: number, caller: Caller): Result<Handle> {
  if (node.kind === 'directory') return E.EISDIR;
  if (node.kind === 'symlink') return E.ELOOP;
  if (node.kind === 'device') return E.ENXIO;
  const refused = node.permission?.(openMask(flags), caller);
  if (refused !== undefined) return refused;
  const handle = node.open(flags, caller);
  if (failed(handle)) return handle;
  // do_dentry_open() looks last: pseudo-files cannot bypass a page cache.
  if ((flags & O_DIRECT) !== 0) {
    release(handle);
    return E.EINVAL;
  }
  if ((flags & O_TRUNC) === 0) return handle;
  const truncated = setAttributes(node, { size: 0 }, caller);
  if (truncated === undefined) return handle;
  release(handle);
  return truncated;
}

export function read(
  handle: Handle,
  length: number,
  at: Position,
  caller: Caller,
): Result<Uint8Array> | Pending<Uint8Array> {
  if (at.offset < 0 || length < 0) return E.EINVAL;
  return handle.read === undefined ? E.EINVAL : handle.read(length, at, caller);
}

export function write(handle: Handle, data: Uint8Array, at: Position, caller: Caller): Result<number> {
  if (at.offset < 0) return E.EINVAL;
  return handle.write === undefined ? E.EINVAL : handle.write(data, at, caller);
}

/** A write that has to wait; `undefined` = it is one for {@link write}. */
export function writeLater(
  handle: Handle,
  data: Uint8Array,
  at: Position,
  caller: Caller,
): Pending<number> | undefined {
  return at.offset < 0 ? undefined : handle.writeLater?.(data, at, caller);
}

/** Ready events; a file without poll is always ready. */
export function poll(handle: Handle, wake: () => void, caller: Caller): number {
  return handle.poll === undefined ? POLLIN | POLLOUT : handle.poll(wake, caller);
}

/**
 * lseek(2) to SEEK_DATA or SEEK_HOLE: a file without a rule of its own is all data up to the size that stat shows
 * (generic_file_llseek).
 */
export function seek(node: FileNode, handle: Handle, offset: number, whence: number, caller: Caller): Result<number> {
  if (handle.seek !== undefined) return handle.seek(offset, whence);
  const { size } = node.attributes(caller);
  if (offset >= size) return E.ENXIO;
  return whence === SEEK_DATA ? offset : size;
}

export function mmap(handle: Handle, writable: boolean, caller: Caller): Errno | undefined {
  return handle.mmap === undefined ? E.ENODEV : handle.mmap(writable, caller);
}

export function release(handle: Handle): void {
  handle.release?.();
}
