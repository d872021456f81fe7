/** Sizes and offsets against the C compiler's (offsetof/sizeof over include/uapi/linux/fuse.h). */
import { expect, test } from 'vitest';
import { layout } from './layout.ts';
import * as structs from './structs.ts';

test.each([
  [
    'IN_HEADER',
    structs.IN_HEADER,
    40,
    { len: 0, opcode: 4, unique: 8, nodeid: 16, uid: 24, gid: 28, pid: 32, totalExtlen: 36 },
  ],
  ['OUT_HEADER', structs.OUT_HEADER, 16, { len: 0, error: 4, unique: 8 }],
  [
    'ATTR',
    structs.FUSE_ATTR,
    88,
    { ino: 0, size: 8, atime: 24, ctime: 40, atimensec: 48, mode: 60, nlink: 64, rdev: 76, flags: 84 },
  ],
  ['ENTRY_OUT', structs.ENTRY_OUT, 40, { nodeid: 0, generation: 8, entryValid: 16, attrValid: 24, attrValidNsec: 36 }],
  ['ATTR_OUT', structs.ATTR_OUT, 16, { attrValid: 0, attrValidNsec: 8 }],
  [
    'INIT_OUT',
    structs.INIT_OUT,
    64,
    { flags: 12, maxBackground: 16, maxWrite: 20, timeGran: 24, maxPages: 28, flags2: 32, requestTimeout: 40 },
  ],
  ['FORGET_IN', structs.FORGET_IN, 8, { nlookup: 0 }],
  ['FORGET_ONE', structs.FORGET_ONE, 16, { nodeid: 0, nlookup: 8 }],
  ['BATCH_FORGET_IN', structs.BATCH_FORGET_IN, 8, { count: 0 }],
  ['GETATTR_IN', structs.GETATTR_IN, 16, { getattrFlags: 0, fh: 8 }],
  [
    'SETATTR_IN',
    structs.SETATTR_IN,
    88,
    { valid: 0, fh: 8, size: 16, atime: 32, ctime: 48, atimensec: 56, mode: 68, uid: 76, gid: 80 },
  ],
  ['MKNOD_IN', structs.MKNOD_IN, 16, { mode: 0, rdev: 4 }],
  ['MKDIR_IN', structs.MKDIR_IN, 8, { mode: 0 }],
  ['LINK_IN', structs.LINK_IN, 8, { oldnodeid: 0 }],
  ['RENAME_IN', structs.RENAME_IN, 8, { newdir: 0 }],
  ['RENAME2_IN', structs.RENAME2_IN, 16, { newdir: 0, flags: 8 }],
  ['OPEN_IN', structs.OPEN_IN, 8, { flags: 0 }],
  ['OPEN_OUT', structs.OPEN_OUT, 16, { fh: 0, openFlags: 8 }],
  ['CREATE_IN', structs.CREATE_IN, 16, { flags: 0, mode: 4 }],
  ['RELEASE_IN', structs.RELEASE_IN, 24, { fh: 0 }],
  ['READ_IN', structs.READ_IN, 40, { fh: 0, offset: 8, size: 16, lockOwner: 24, flags: 32 }],
  ['WRITE_IN', structs.WRITE_IN, 40, { fh: 0, offset: 8, size: 16, lockOwner: 24, flags: 32 }],
  ['WRITE_OUT', structs.WRITE_OUT, 8, { size: 0 }],
  ['DIRENT', structs.DIRENT, 24, { ino: 0, off: 8, namelen: 16, type: 20 }],
  ['STATFS_OUT', structs.STATFS_OUT, 80, { blocks: 0, bsize: 40, namelen: 44, frsize: 48 }],
  ['SETXATTR_IN', structs.SETXATTR_IN, 8, { size: 0, flags: 4 }],
  ['GETXATTR_IN', structs.GETXATTR_IN, 8, { size: 0 }],
  ['ACCESS_IN', structs.ACCESS_IN, 8, { mask: 0 }],
  ['INTERRUPT_IN', structs.INTERRUPT_IN, 8, { unique: 0 }],
  ['POLL_IN', structs.POLL_IN, 24, { fh: 0, kh: 8, flags: 16, events: 20 }],
  ['POLL_OUT', structs.POLL_OUT, 8, { revents: 0 }],
  ['NOTIFY_POLL_OUT', structs.NOTIFY_POLL_OUT, 8, { kh: 0 }],
  ['NOTIFY_INVAL_INODE_OUT', structs.NOTIFY_INVAL_INODE_OUT, 24, { ino: 0, off: 8, len: 16 }],
  ['NOTIFY_INVAL_ENTRY_OUT', structs.NOTIFY_INVAL_ENTRY_OUT, 16, { parent: 0, namelen: 8, flags: 12 }],
  ['NOTIFY_DELETE_OUT', structs.NOTIFY_DELETE_OUT, 24, { parent: 0, child: 8, namelen: 16 }],
  ['NOTIFY_STORE_OUT', structs.NOTIFY_STORE_OUT, 24, { nodeid: 0, offset: 8, size: 16 }],
] as const)('%s', (_name, struct, size, offsets) => {
  expect(struct.size).toBe(size);
  expect(struct.at).toMatchObject(offsets);
});

test('a field that the compiler would have to pad is refused', () => {
  expect(() => layout({ a: 'u32', b: 'u64' })).toThrow(TypeError);
});
