/**
 * Attributes that the daemon keeps in memory instead of storing them with the file (label-store.ts): results of the xattr calls on them.
 */

import { bytesOf } from '../../../linux/bytes.ts';
import { E, type Errno, type Result } from '../../../linux/errno.ts';
import { XATTR_CREATE, XATTR_REPLACE } from '../../../linux/fs.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { InodeFacts } from '../../../lsm/framework/files/inode.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { SupervisorBackend } from '../protocol/backend.ts';

type Backend = Pick<SupervisorBackend, 'files' | 'superblocks'>;
type Named = Pick<FileFacts, 'inode' | 'device'> & { readonly name: string };

/** setxattr(2). @param attribute by its stored name; value in latin-1 */
export function keepAttribute(
  { superblocks }: Pick<Backend, 'superblocks'>,
  { inode, device, name, value, flags = 0 }: Named & { readonly value: string; readonly flags?: number },
): Errno | undefined {
  const exists = flags !== 0 && superblocks.complete(inode, device).xattrs[name] !== undefined;
  if (exists && (flags & XATTR_CREATE) !== 0) return E.EEXIST;
  if (!exists && (flags & XATTR_REPLACE) !== 0) return E.ENODATA;
  superblocks.keep(inode, device, name, value);
  return undefined;
}

/** getxattr(2). @param inode complete with what is kept of it */
export function keptValue({ files }: Backend, { name }: Named, inode: InodeFacts, caller: Caller): Result<Uint8Array> {
  const value = inode.xattrs[files.storedName(name, caller)];
  return value === undefined ? E.ENODATA : bytesOf(value);
}

/** removexattr(2) */
export function dropAttribute(
  { files, superblocks }: Backend,
  { inode, device, name }: Named,
  caller: Caller,
): Errno | undefined {
  return superblocks.drop(inode, device, files.storedName(name, caller)) ? undefined : E.ENODATA;
}

/** What listxattr(2) adds to the names that the host gives. @param file absent = what modules give is all */
export function listedNames(
  { files, superblocks }: Backend,
  { file }: { readonly file?: FileFacts },
  caller: Caller,
): readonly string[] {
  const kept = file === undefined ? {} : superblocks.complete(file.inode, file.device).xattrs;
  return [...new Set([...files.listXattr(caller), ...Object.keys(kept)])];
}
