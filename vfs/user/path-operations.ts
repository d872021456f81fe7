/**
 * System calls that take a path, over a mount table: resolution, mode bits, existence and sticky rules around operations.ts.
 *
 * The order of checks is that of fs/namei.c, because it decides which errno is seen.
 */

import { CAP } from '../../linux/capability.ts';
import { E, type Errno, failed, type Result } from '../../linux/errno.ts';
import { O_CREAT, O_EXCL, O_RDONLY, opensForWriting } from '../../linux/fcntl.ts';
import { MAY_EXEC, MAY_READ, MAY_WRITE, openMask, RENAME_EXCHANGE, RENAME_NOREPLACE } from '../../linux/fs.ts';
import { S_ISVTX } from '../../linux/stat.ts';
import { type Caller, capableOver } from '../tree/caller.ts';
import type { Filesystem } from '../tree/filesystem.ts';
import type { AttributeChange, Directory, DirectoryEntry, Handle, Node } from '../tree/node.ts';
import * as operations from '../tree/operations.ts';
import { checkAccess, modeAllows } from '../tree/permission.ts';
import type { MountTable } from './mounts.ts';
import { isOrdinaryName, type LastComponent, type Place, Walk } from './walk.ts';

/** An open file, or an open directory, which has no handle. */
export interface Opened {
  readonly filesystem: Filesystem;
  readonly node: Node;
  readonly handle: Handle;
}

const DIRECTORY_HANDLE: Handle = { writeMovesPosition: true, read: () => E.EISDIR };

export class PathOperations {
  readonly #mounts: MountTable;

  constructor(mounts: MountTable) {
    this.#mounts = mounts;
  }

  resolve(path: string, follow: boolean, caller: Caller): Result<Place> {
    return new Walk(this.#mounts, caller).resolve(path, follow);
  }

  access(path: string, mask: number, caller: Caller): Errno | undefined {
    const place = this.resolve(path, true, caller);
    if (failed(place)) return place;
    return mask === 0 ? undefined : checkAccess(place.node, mask, caller);
  }

  open(path: string, flags: number, mode: number, caller: Caller): Result<Opened> {
    const walk = new Walk(this.#mounts, caller);
    if ((flags & O_CREAT) !== 0) {
      const last = walk.parent(path);
      return failed(last) ? last : this.#openOrCreate(walk, last, flags, mode, caller);
    }
    const place = walk.resolve(path, true);
    return failed(place) ? place : openPlace(place, flags, caller);
  }

  #openOrCreate(walk: Walk, last: LastComponent, flags: number, mode: number, caller: Caller): Result<Opened> {
    if (!isOrdinaryName(last.name) || last.trailingSlash) return E.EISDIR;
    const found = walk.last(last, false);
    if (found === E.ENOENT) {
      if (!mayModify(last.directory.node, caller)) return E.EACCES;
      const { node: directory, filesystem } = last.directory;
      const made = operations.create(directory, last.name, { mode, flags }, caller);
      return failed(made) ? made : { ...made, filesystem };
    }
    if (failed(found)) return found;
    if ((flags & O_EXCL) !== 0) return E.EEXIST;
    if (found.node.kind === 'directory') return E.EISDIR;
    if (found.node.kind !== 'symlink') return openPlace(found, flags, caller);
    const target = walk.followLink(last.directory, found.node);
    return failed(target) ? target : this.#openOrCreate(walk, target, flags, mode, caller);
  }

  /** The filesystem that the path leads into. */
  statfs(path: string, caller: Caller): Result<Filesystem> {
    const place = this.resolve(path, true, caller);
    return failed(place) ? place : place.filesystem;
  }

  readEntries(path: string, caller: Caller): Result<readonly DirectoryEntry[]> {
    const place = this.resolve(path, true, caller);
    if (failed(place)) return place;
    if (place.node.kind !== 'directory') return E.ENOTDIR;
    if (!modeAllows(place.node.attributes(caller), MAY_READ, caller)) return E.EACCES;
    return operations.openDirectory(place.node, O_RDONLY, caller) ?? operations.readEntries(place.node, caller);
  }

  readlink(path: string, caller: Caller): Result<string> {
    const place = this.resolve(path, false, caller);
    return failed(place) ? place : operations.readlink(place.node, caller);
  }

  mkdir(path: string, mode: number, caller: Caller): Errno | undefined {
    return this.#make(path, true, caller, (dir, name) => operations.mkdir(dir, name, mode, caller));
  }

  mknod(path: string, mode: number, rdev: number, caller: Caller): Errno | undefined {
    return this.#make(path, false, caller, (dir, name) => operations.mknod(dir, name, mode, rdev, caller));
  }

  symlink(target: string, path: string, caller: Caller): Errno | undefined {
    if (target.length === 0) return E.ENOENT;
    return this.#make(path, false, caller, (dir, name) => operations.symlink(dir, name, target, caller));
  }

  link(existing: string, path: string, caller: Caller): Errno | undefined {
    const place = this.resolve(existing, false, caller);
    if (failed(place)) return place;
    return this.#make(path, false, caller, (dir, name, at) =>
      at.filesystem === place.filesystem ? operations.link(dir, name, place.node, caller) : E.EXDEV,
    );
  }

  /** filename_create(): the name must be new and the directory writable. */
  #make(
    path: string,
    directory: boolean,
    caller: Caller,
    make: (dir: Directory, name: string, at: Place) => Result<unknown>,
  ): Errno | undefined {
    const walk = new Walk(this.#mounts, caller);
    const last = walk.parent(path);
    if (failed(last)) return last;
    if (!isOrdinaryName(last.name)) return E.EEXIST;
    const found = walk.last({ ...last, trailingSlash: false }, false);
    if (!failed(found)) return E.EEXIST;
    if (found !== E.ENOENT) return found;
    if (last.trailingSlash && !directory) return E.ENOENT;
    if (!mayModify(last.directory.node, caller)) return E.EACCES;
    const made = make(last.directory.node, last.name, last.directory);
    return failed(made) ? made : undefined;
  }

  unlink(path: string, caller: Caller): Errno | undefined {
    const walk = new Walk(this.#mounts, caller);
    const last = walk.parent(path);
    if (failed(last)) return last;
    if (!isOrdinaryName(last.name)) return E.EISDIR;
    const found = walk.last({ ...last, trailingSlash: false }, false);
    if (failed(found)) return found;
    if (last.trailingSlash) return found.node.kind === 'directory' ? E.EISDIR : E.ENOTDIR;
    const refused = deletionRefused(last.directory.node, found.node, caller);
    if (refused !== undefined) return refused;
    if (found.node.kind === 'directory') return E.EISDIR;
    return operations.unlink(last.directory.node, last.name, caller);
  }

  rmdir(path: string, caller: Caller): Errno | undefined {
    const walk = new Walk(this.#mounts, caller);
    const last = walk.parent(path);
    if (failed(last)) return last;
    if (last.name === '..') return E.ENOTEMPTY;
    if (last.name === '.') return E.EINVAL;
    if (last.name === '/') return E.EBUSY;
    const found = walk.last({ ...last, trailingSlash: false }, false);
    if (failed(found)) return found;
    const refused = deletionRefused(last.directory.node, found.node, caller);
    if (refused !== undefined) return refused;
    if (found.node.kind !== 'directory') return E.ENOTDIR;
    if (this.#mounts.at(found.path) !== undefined) return E.EBUSY;
    return operations.rmdir(last.directory.node, last.name, caller);
  }

  rename(from: string, to: string, flags: number, caller: Caller): Errno | undefined {
    if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) !== 0) return E.EINVAL;
    if (flags === (RENAME_NOREPLACE | RENAME_EXCHANGE)) return E.EINVAL;
    const walk = new Walk(this.#mounts, caller);
    const source = walk.parent(from);
    if (failed(source)) return source;
    const target = walk.parent(to);
    if (failed(target)) return target;
    if (source.directory.filesystem !== target.directory.filesystem) return E.EXDEV;
    if (!isOrdinaryName(source.name)) return E.EBUSY;
    if (!isOrdinaryName(target.name)) return (flags & RENAME_NOREPLACE) !== 0 ? E.EEXIST : E.EBUSY;
    const moved = walk.last({ ...source, trailingSlash: false }, false);
    if (failed(moved)) return moved;
    const replaced = walk.last({ ...target, trailingSlash: false }, false);
    if (failed(replaced) && replaced !== E.ENOENT) return replaced;
    const refused =
      renameRefused(source, moved, target, replaced, flags) ??
      renamePermission(source, moved, target, replaced, caller);
    if (refused !== undefined) return refused;
    if (!failed(replaced) && replaced.node === moved.node) return undefined;
    for (const place of [moved, replaced]) {
      if (!failed(place) && this.#mounts.at(place.path) !== undefined) return E.EBUSY;
    }
    return operations.rename(source.directory.node, source.name, target.directory.node, target.name, flags, caller);
  }

  truncate(path: string, size: number, caller: Caller): Errno | undefined {
    const place = this.resolve(path, true, caller);
    if (failed(place)) return place;
    const { node } = place;
    if (size < 0) return E.EINVAL;
    if (node.kind === 'directory') return E.EISDIR;
    if (node.kind !== 'file') return E.EINVAL;
    return checkAccess(node, MAY_WRITE, caller) ?? operations.setAttributes(node, { size }, caller);
  }

  setAttributes(path: string, follow: boolean, change: AttributeChange, caller: Caller): Errno | undefined {
    const place = this.resolve(path, follow, caller);
    return failed(place) ? place : operations.setAttributes(place.node, change, caller);
  }
}

function openPlace({ node, filesystem }: Place, flags: number, caller: Caller): Result<Opened> {
  if (node.kind === 'directory' && opensForWriting(flags)) return E.EISDIR;
  if (!modeAllows(node.attributes(caller), openMask(flags), caller)) return E.EACCES;
  const handle =
    node.kind === 'directory'
      ? (operations.openDirectory(node, flags, caller) ?? DIRECTORY_HANDLE)
      : operations.open(node, flags, caller);
  return failed(handle) ? handle : { node, filesystem, handle };
}

function mayModify(directory: Node, caller: Caller): boolean {
  return modeAllows(directory.attributes(caller), MAY_WRITE | MAY_EXEC, caller);
}

/** may_delete(): write permission in the directory, and the sticky rule. */
function deletionRefused(directory: Node, victim: Node, caller: Caller): Errno | undefined {
  if (!mayModify(directory, caller)) return E.EACCES;
  const parent = directory.attributes(caller);
  const victimOwner = victim.attributes(caller);
  const owners = [parent.uid, victimOwner.uid];
  const sticky = (parent.mode & S_ISVTX) !== 0;
  return sticky && !owners.includes(caller.uid) && !capableOver(caller, CAP.FOWNER, victimOwner) ? E.EPERM : undefined;
}

/** Errors of do_renameat2() that depend on the two last components alone. */
function renameRefused(
  source: LastComponent,
  moved: Place,
  target: LastComponent,
  replaced: Result<Place>,
  flags: number,
): Errno | undefined {
  if ((flags & RENAME_NOREPLACE) !== 0 && !failed(replaced)) return E.EEXIST;
  const exchange = (flags & RENAME_EXCHANGE) !== 0;
  if (exchange && failed(replaced)) return replaced;
  if (moved.node.kind !== 'directory' && (source.trailingSlash || (!exchange && target.trailingSlash)))
    return E.ENOTDIR;
  if (isWithin(target.directory, moved)) return E.EINVAL;
  if (!failed(replaced) && isWithin(source.directory, replaced)) return exchange ? E.EINVAL : E.ENOTEMPTY;
  return undefined;
}

function renamePermission(
  source: LastComponent,
  moved: Place,
  target: LastComponent,
  replaced: Result<Place>,
  caller: Caller,
): Errno | undefined {
  const refused = deletionRefused(source.directory.node, moved.node, caller);
  if (refused !== undefined) return refused;
  if (failed(replaced)) return mayModify(target.directory.node, caller) ? undefined : E.EACCES;
  const kept = deletionRefused(target.directory.node, replaced.node, caller);
  if (kept !== undefined) return kept;
  if (moved.node.kind === 'directory') return replaced.node.kind === 'directory' ? undefined : E.ENOTDIR;
  return replaced.node.kind === 'directory' ? E.EISDIR : undefined;
}

/** Is `place` the directory `ancestor` or below it? */
function isWithin(place: Place, ancestor: Place): boolean {
  for (let here: Place | undefined = place; here !== undefined; here = here.parent) {
    if (here.path === ancestor.path) return true;
  }
  return false;
}
