/**
 * Files and directories of sysfs. A file is a page in size, has its whole text per read and gets its whole text per write, of which an
 * empty one says nothing (sysfs_kf_write()); its mode bounds what a caller with all capabilities may do (kernfs_fop_open()).
 */
import { textOf } from '../../linux/bytes.ts';
import { E, type Errno, type Result } from '../../linux/errno.ts';
import { opensForReading, opensForWriting } from '../../linux/fcntl.ts';
import { PAGE_SIZE } from '../../linux/fs.ts';
import type { Caller } from '../tree/caller.ts';
import type { Attributes, Handle } from '../tree/node.ts';
import { StaticDirectory, type StaticDirectoryInit } from './directory.ts';
import { PseudoFile, readWhole } from './file.ts';
import type { InodeInit } from './inode.ts';
import { kernfsXattrs } from './kernfs-xattrs.ts';

export class SysfsAttribute extends PseudoFile {
  constructor(
    init: InodeInit,
    read: (caller: Caller) => Result<string>,
    store: (text: string, caller: Caller) => Errno | undefined = () => E.EIO,
  ) {
    const handle: Handle = {
      writeMovesPosition: true,
      read: readWhole(read),
      write: (data, _at, caller) => (data.length === 0 ? 0 : (store(textOf(data), caller) ?? data.length)),
    };
    super({ ...init, xattrs: kernfsXattrs() }, (flags) => {
      const allowed = (!opensForReading(flags) || init.mode & 0o444) && (!opensForWriting(flags) || init.mode & 0o222);
      return allowed ? handle : E.EACCES;
    });
  }

  override attributes(caller: Caller): Attributes {
    return { ...super.attributes(caller), size: PAGE_SIZE };
  }
}

export class SysfsDirectory extends StaticDirectory {
  constructor(init: StaticDirectoryInit) {
    super({ ...init, xattrs: kernfsXattrs() });
  }
}
