/**
 * Owner, mode and security attributes of ordinary files, as far as a module keeps them from being changed behind its back.
 *
 * Model: the calls into EVM (evm_inode_setattr, evm_inode_post_setxattr, evm_verifyxattr, ...). Such a module stores
 * an attribute of its own that follows all others; whoever makes a change asks before it, and stores what has become of
 * that attribute after it. All of that costs, so nobody asks before a module wants to be asked.
 */
import type { UsedFile } from './file-use.ts';
import type { InodeFacts } from './inode.ts';

/** enum integrity_status. `unknown` also where no module looks. */
export type IntegrityStatus =
  | 'pass'
  | 'pass_immutable'
  | 'fail'
  | 'fail_immutable'
  | 'no_label'
  | 'no_xattrs'
  | 'unknown';

/** What was found, and the attributes that the file has then. */
export interface MetadataVerdict {
  readonly verdict: IntegrityStatus;
  readonly xattrs: InodeFacts['xattrs'];
}

/** `xattrs` has every covered one that is stored. */
export interface FileMetadata extends Pick<InodeFacts, 'path' | 'ino' | 'uid' | 'owner' | 'gid' | 'xattrs'> {
  /** Name of its superblock (`s_id`), and type and UUID of its filesystem. */
  readonly device: string;
  readonly type: string;
  readonly uuid?: string;
  /** `st_mode` */
  readonly mode: number;
  /** `i_generation`; absent = not known. */
  readonly generation?: number;
}

/** Without `metadata` nobody guards it, and what is not known does not matter. */
export function metadataOf(inode: InodeFacts): FileMetadata {
  const { filesystem, metadata, entry, path, gid, ino, uid, owner, xattrs } = inode;
  const { id: device, type } = filesystem;
  const stored = owner === undefined ? {} : { owner };
  return { path: entry ?? path, device, type, ino, uid, ...stored, gid, xattrs, mode: 0, ...metadata };
}

/** The same of a file that is used. */
export function metadataOfUsed({
  path,
  mode,
  inode,
  superblock: { uuid },
  content: { generation },
}: UsedFile): FileMetadata {
  const known = { ...(generation !== undefined && { generation }), ...(uuid !== undefined && { uuid }) };
  return { ...metadataOf(inode), path, mode, ...known };
}

/** What chmod(2) and chown(2) set; ids as they are outside of all user namespaces. */
export interface MetadataChange {
  /** Permission bits. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** A change that was made. */
export interface MadeChange {
  readonly before: FileMetadata;
  /** Stored name of the attribute that was set or removed; absent = owner or mode. */
  readonly attribute?: string;
}

/** An attribute that a module keeps, by its stored name. */
export interface KeptXattr {
  readonly name: string;
  /** Latin-1; absent = there is to be none. */
  readonly value?: string;
}
