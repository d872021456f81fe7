/** Replies of a labelled mount: attributes and entries from struct statx, and directory streams. */

import type { FuseReply } from '../../fuse/protocol/reply.ts';
import { ATTR_OUT, DIRENT, ENTRY_OUT, FUSE_ATTR, STATFS_OUT } from '../../fuse/protocol/structs.ts';
import { NAME_MAX } from '../../linux/fs.ts';
import { STX } from '../../linux/stat.ts';
import { STATFS } from '../../linux/statfs.ts';

const AT = FUSE_ATTR.at;
/** struct linux_dirent64: u64 d_ino, i64 d_off, u16 d_reclen, u8 d_type, name. */
const DIRENT64 = { OFF: 8, RECLEN: 16, TYPE: 18, NAME: 19 };

/** `fuse_entry_out`: the kernel asks anew each time, because others may change the directory. @returns its length. */
export function encodeEntry(reply: FuseReply, id: number, statx: DataView): number {
  reply.zero(0, ENTRY_OUT.size);
  reply.u64(ENTRY_OUT.at.nodeid, id);
  return ENTRY_OUT.size + encodeAttributes(reply, ENTRY_OUT.size, statx);
}

/** `fuse_attr_out` */
export function encodeAttrOut(reply: FuseReply, statx: DataView): number {
  reply.zero(0, ATTR_OUT.size);
  return ATTR_OUT.size + encodeAttributes(reply, ATTR_OUT.size, statx);
}

function encodeAttributes(reply: FuseReply, offset: number, statx: DataView): number {
  const wide = (to: number, from: number): void => reply.i64(offset + to, statx.getBigInt64(from, true));
  const word = (to: number, from: number): void => reply.u32(offset + to, statx.getUint32(from, true));
  wide(AT.ino, STX.INO);
  wide(AT.size, STX.SIZE);
  wide(AT.blocks, STX.BLOCKS);
  for (const [seconds, nanoseconds, from] of [
    [AT.atime, AT.atimensec, STX.ATIME],
    [AT.mtime, AT.mtimensec, STX.MTIME],
    [AT.ctime, AT.ctimensec, STX.CTIME],
  ] as const) {
    wide(seconds, from);
    word(nanoseconds, from + 8);
  }
  reply.u32(offset + AT.mode, statx.getUint16(STX.MODE, true));
  word(AT.nlink, STX.NLINK);
  word(AT.uid, STX.UID);
  word(AT.gid, STX.GID);
  reply.u32(offset + AT.rdev, encodeDevice(statx));
  word(AT.blksize, STX.BLKSIZE);
  reply.u32(offset + AT.flags, 0);
  return FUSE_ATTR.size;
}

/** new_encode_dev() */
function encodeDevice(statx: DataView): number {
  const [major, minor] = [statx.getUint32(STX.RDEV_MAJOR, true), statx.getUint32(STX.RDEV_MINOR, true)];
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

/** @param entries what getdents64(2) gave. @param size of the buffer of the reader. @returns `fuse_dirent`s. */
export function directoryStream(entries: Uint8Array, size: number): Buffer {
  const from = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  const stream = Buffer.alloc(size);
  const to = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  let length = 0;
  for (let at = 0; at < entries.length; at += from.getUint16(at + DIRENT64.RECLEN, true)) {
    const start = at + DIRENT64.NAME;
    const name = entries.subarray(start, entries.indexOf(0, start));
    const end = length + ((DIRENT.size + name.length + 7) & ~7);
    if (end > size) break;
    to.setBigUint64(length + DIRENT.at.ino, from.getBigUint64(at, true), true);
    to.setBigUint64(length + DIRENT.at.off, from.getBigUint64(at + DIRENT64.OFF, true), true);
    to.setUint32(length + DIRENT.at.namelen, name.length, true);
    to.setUint32(length + DIRENT.at.type, entries[at + DIRENT64.TYPE] ?? 0, true);
    stream.set(name, length + DIRENT.size);
    length = end;
  }
  return stream.subarray(0, length);
}

/** @param statfs struct statfs. */
export function encodeStatfs(reply: FuseReply, statfs: DataView): number {
  const { at, size } = STATFS_OUT;
  reply.zero(0, size);
  for (const [to, from] of [
    [at.blocks, STATFS.BLOCKS],
    [at.bfree, STATFS.BFREE],
    [at.bavail, STATFS.BAVAIL],
    [at.files, STATFS.FILES],
    [at.ffree, STATFS.FFREE],
  ] as const)
    reply.i64(to, statfs.getBigInt64(from, true));
  reply.u32(at.bsize, statfs.getUint32(STATFS.BSIZE, true));
  reply.u32(at.namelen, statfs.getUint32(STATFS.NAMELEN, true) || NAME_MAX);
  reply.u32(at.frsize, statfs.getUint32(STATFS.FRSIZE, true) || statfs.getUint32(STATFS.BSIZE, true));
  return size;
}
