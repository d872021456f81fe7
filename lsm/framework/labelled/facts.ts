/**
 * Files of a labelled tree (vfs/labelled) as modules know files.
 */
import type { LabelledFacts, LabelledObject } from '../../../vfs/labelled/index.ts';
import type { FileFacts } from '../files/file-facts.ts';
import type { ContentFacts, UsedFile } from '../files/file-use.ts';
import { inodeClass } from '../files/inode.ts';

/** The superblock that the tree stands for. */
export interface TreeSuperblock {
  /** As in /proc/filesystems, and its `f_type`. */
  readonly type: string;
  readonly magic: number;
  /** Absent = it has none. */
  readonly uuid?: string;
  /** Name (`s_id`) and `major:minor` of its block device. */
  readonly id: string;
  readonly device: string;
  /** Where it is mounted; absent = at `/`. */
  readonly place?: string;
}

export function fileFacts(object: LabelledObject, superblock: TreeSuperblock): FileFacts {
  return factsOfLooked(object.look(), superblock);
}

/** A use of it needs to know more. */
export function usedFile(object: LabelledObject, superblock: TreeSuperblock): UsedFile<ContentFacts> {
  const looked = object.look();
  const { attributes, ino, generation, version, contentVersion, writers, openers } = looked;
  return {
    ...factsOfLooked(looked, superblock),
    superblock: { magic: superblock.magic },
    content: {
      key: `${superblock.device} ${ino} ${generation}`,
      generation,
      size: attributes.size,
      mtime: String(attributes.mtime + BigInt(contentVersion)),
      ctime: String(attributes.ctime + BigInt(version)),
      writers,
      openers,
    },
  };
}

export function factsOfLooked(
  { path, ino, generation, attributes, xattrs }: LabelledFacts,
  superblock: TreeSuperblock,
): FileFacts {
  const { mode, uid, gid } = attributes;
  const { type, id, device, uuid } = superblock;
  const place = `${superblock.place ?? ''}/${path}`.replace(/(?<=.)\/$/, '');
  return {
    path: place,
    device,
    mode,
    inode: {
      class: inodeClass(mode),
      filesystem: { type, id },
      path: place,
      ino,
      uid,
      gid,
      xattrs,
      metadata: { mode, generation, ...(uuid !== undefined && { uuid }) },
    },
  };
}
