/**
 * The structs of the FUSE protocol that we read or write: the one place that knows their fields.
 * Source: include/uapi/linux/fuse.h, protocol 7.45. `_IN` is sent by the kernel after the in header, `_OUT` by us after the out header.
 * Trailing variable parts (names, data) are not in the tables.
 */
import { layout } from './layout.ts';

export const IN_HEADER = layout({
  len: 'u32',
  opcode: 'u32',
  unique: 'u64',
  nodeid: 'u64',
  uid: 'u32',
  gid: 'u32',
  /** Thread id of the caller in the pid namespace of the process that mounted; 0 = the kernel, or outside of that namespace. */
  pid: 'u32',
  totalExtlen: 'u16',
  padding: 'u16',
});
export const OUT_HEADER = layout({ len: 'u32', error: 'i32', unique: 'u64' });

export const FUSE_ATTR = layout({
  ino: 'u64',
  size: 'u64',
  blocks: 'u64',
  atime: 'u64',
  mtime: 'u64',
  ctime: 'u64',
  atimensec: 'u32',
  mtimensec: 'u32',
  ctimensec: 'u32',
  mode: 'u32',
  nlink: 'u32',
  uid: 'u32',
  gid: 'u32',
  rdev: 'u32',
  blksize: 'u32',
  flags: 'u32',
});
/** Followed by ATTR. */
export const ENTRY_OUT = layout({
  nodeid: 'u64',
  generation: 'u64',
  entryValid: 'u64',
  attrValid: 'u64',
  entryValidNsec: 'u32',
  attrValidNsec: 'u32',
});
/** Followed by ATTR. */
export const ATTR_OUT = layout({ attrValid: 'u64', attrValidNsec: 'u32', dummy: 'u32' });

/** The last member is there with INIT_EXT only. */
export const INIT_IN = layout({ major: 'u32', minor: 'u32', maxReadahead: 'u32', flags: 'u32', flags2: 'u32' });
export const INIT_OUT = layout({
  major: 'u32',
  minor: 'u32',
  maxReadahead: 'u32',
  flags: 'u32',
  maxBackground: 'u16',
  congestionThreshold: 'u16',
  maxWrite: 'u32',
  timeGran: 'u32',
  maxPages: 'u16',
  mapAlignment: 'u16',
  flags2: 'u32',
  maxStackDepth: 'u32',
  requestTimeout: 'u16',
  unused0: 'u16',
  unused1: 'u32',
  unused2: 'u32',
  unused3: 'u32',
  unused4: 'u32',
  unused5: 'u32',
});

/** struct fuse_backing_map: argument of FUSE_DEV_IOC_BACKING_OPEN. */
export const BACKING_MAP = layout({ fd: 'i32', flags: 'u32', padding: 'u64' });

export const FORGET_IN = layout({ nlookup: 'u64' });
export const FORGET_ONE = layout({ nodeid: 'u64', nlookup: 'u64' });
/** Followed by `count` FORGET_ONE. */
export const BATCH_FORGET_IN = layout({ count: 'u32', dummy: 'u32' });
export const GETATTR_IN = layout({ getattrFlags: 'u32', dummy: 'u32', fh: 'u64' });
export const SETATTR_IN = layout({
  valid: 'u32',
  padding: 'u32',
  fh: 'u64',
  size: 'u64',
  lockOwner: 'u64',
  atime: 'u64',
  mtime: 'u64',
  ctime: 'u64',
  atimensec: 'u32',
  mtimensec: 'u32',
  ctimensec: 'u32',
  mode: 'u32',
  unused4: 'u32',
  uid: 'u32',
  gid: 'u32',
  unused5: 'u32',
});

/** Each followed by a name. */
export const MKNOD_IN = layout({ mode: 'u32', rdev: 'u32', umask: 'u32', padding: 'u32' });
export const MKDIR_IN = layout({ mode: 'u32', umask: 'u32' });
export const LINK_IN = layout({ oldnodeid: 'u64' });
/** Each followed by two names. */
export const RENAME_IN = layout({ newdir: 'u64' });
export const RENAME2_IN = layout({ newdir: 'u64', flags: 'u32', padding: 'u32' });

export const OPEN_IN = layout({ flags: 'u32', openFlags: 'u32' });
export const LSEEK_IN = layout({ fh: 'u64', offset: 'u64', whence: 'u32', padding: 'u32' });
export const LSEEK_OUT = layout({ offset: 'u64' });
export const OPEN_OUT = layout({ fh: 'u64', openFlags: 'u32', backingId: 'i32' });
/** Followed by a name. */
export const CREATE_IN = layout({ flags: 'u32', mode: 'u32', umask: 'u32', openFlags: 'u32' });
export const RELEASE_IN = layout({ fh: 'u64', flags: 'u32', releaseFlags: 'u32', lockOwner: 'u64' });
export const READ_IN = layout({
  fh: 'u64',
  offset: 'u64',
  size: 'u32',
  readFlags: 'u32',
  lockOwner: 'u64',
  flags: 'u32',
  padding: 'u32',
});
/** Followed by `size` bytes. */
export const WRITE_IN = layout({
  fh: 'u64',
  offset: 'u64',
  size: 'u32',
  writeFlags: 'u32',
  lockOwner: 'u64',
  flags: 'u32',
  padding: 'u32',
});
export const FALLOCATE_IN = layout({ fh: 'u64', offset: 'u64', length: 'u64', mode: 'u32', padding: 'u32' });
export const FSYNC_IN = layout({ fh: 'u64', fsyncFlags: 'u32', padding: 'u32' });
export const WRITE_OUT = layout({ size: 'u32', padding: 'u32' });
/** Followed by the name, padded to 8 bytes. */
export const DIRENT = layout({ ino: 'u64', off: 'u64', namelen: 'u32', type: 'u32' });
export const STATFS_OUT = layout({
  blocks: 'u64',
  bfree: 'u64',
  bavail: 'u64',
  files: 'u64',
  ffree: 'u64',
  bsize: 'u32',
  namelen: 'u32',
  frsize: 'u32',
  padding: 'u32',
  spare0: 'u32',
  spare1: 'u32',
  spare2: 'u32',
  spare3: 'u32',
  spare4: 'u32',
  spare5: 'u32',
});

/** Followed by the name and the value. The long form needs SETXATTR_EXT, which we do not ask for. */
export const SETXATTR_IN = layout({ size: 'u32', flags: 'u32' });
/** GETXATTR (followed by the name) and LISTXATTR. */
export const GETXATTR_IN = layout({ size: 'u32', padding: 'u32' });
export const GETXATTR_OUT = layout({ size: 'u32', padding: 'u32' });
export const ACCESS_IN = layout({ mask: 'u32', padding: 'u32' });
export const INTERRUPT_IN = layout({ unique: 'u64' });
export const POLL_IN = layout({ fh: 'u64', kh: 'u64', flags: 'u32', events: 'u32' });
export const POLL_OUT = layout({ revents: 'u32', padding: 'u32' });

export const NOTIFY_POLL_OUT = layout({ kh: 'u64' });
export const NOTIFY_INVAL_INODE_OUT = layout({ ino: 'u64', off: 'i64', len: 'i64' });
/** Followed by the name and a NUL that `namelen` does not count. */
export const NOTIFY_INVAL_ENTRY_OUT = layout({ parent: 'u64', namelen: 'u32', flags: 'u32' });
/** Followed by the name and a NUL that `namelen` does not count. */
export const NOTIFY_DELETE_OUT = layout({ parent: 'u64', child: 'u64', namelen: 'u32', padding: 'u32' });
/** Followed by the data. */
export const NOTIFY_STORE_OUT = layout({ nodeid: 'u64', offset: 'u64', size: 'u32', padding: 'u32' });

/** Followed by the argument, `inSize` bytes. */
export const IOCTL_IN = layout({ fh: 'u64', flags: 'u32', cmd: 'u32', arg: 'u64', inSize: 'u32', outSize: 'u32' });
export const IOCTL_OUT = layout({ result: 'i32', flags: 'u32', inIovs: 'u32', outIovs: 'u32' });
