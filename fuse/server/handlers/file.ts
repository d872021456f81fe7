/** Open files: OPEN, CREATE, READ, WRITE, RELEASE, POLL, LSEEK; FSYNC, also of directories. */
import { E, failed, type Result } from '../../../linux/errno.ts';
import { O_ACCMODE, O_NONBLOCK, O_RDONLY } from '../../../linux/fcntl.ts';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../../linux/poll.ts';
import { S_IALLUGO } from '../../../linux/stat.ts';
import { hasFsync } from '../../../vfs/tree/filesystem.ts';
import { type FileNode, type Handle, Pending } from '../../../vfs/tree/node.ts';
import {
  create as vfsCreate,
  open as vfsOpen,
  poll as vfsPoll,
  read as vfsRead,
  seek as vfsSeek,
  write as vfsWrite,
  writeLater as vfsWriteLater,
} from '../../../vfs/tree/operations.ts';
import { FOPEN, POLL_SCHEDULE_NOTIFY } from '../../protocol/flags.ts';
import { pollHandle } from '../../protocol/ids.ts';
import { notifyPoll } from '../../protocol/notify.ts';
import type { FuseReply } from '../../protocol/reply.ts';
import {
  CREATE_IN,
  LSEEK_IN,
  LSEEK_OUT,
  OPEN_IN,
  OPEN_OUT,
  POLL_IN,
  POLL_OUT,
  READ_IN,
  RELEASE_IN,
  WRITE_IN,
  WRITE_OUT,
} from '../../protocol/structs.ts';
import { OpenFile } from '../open-files.ts';
import { type FuseSession, NO_REPLY, type RequestHandler } from '../session.ts';

export const open: RequestHandler = (session, request, reply) => {
  const node = session.nodes.node(request.nodeid);
  if (node === undefined) return E.ESTALE;
  if (node.kind !== 'file') return E.ENXIO;
  const flags = request.u32(OPEN_IN.at.flags);
  const caller = session.caller(request);
  const handle = vfsOpen(node, flags, caller);
  if (failed(handle)) return handle;
  return openOut(session, reply, 0, new OpenFile(node, handle), flags);
};

export const create: RequestHandler = (session, request, reply) => {
  const parent = session.nodes.node(request.nodeid);
  if (parent === undefined) return E.ESTALE;
  const flags = request.u32(CREATE_IN.at.flags);
  const mode = request.u32(CREATE_IN.at.mode) & S_IALLUGO;
  const caller = session.caller(request);
  const made = vfsCreate(parent, request.name(CREATE_IN.size), { mode, flags }, caller);
  if (failed(made)) return made;
  const length = session.entry(reply, 0, made.node, request.nodeid, caller);
  return length + openOut(session, reply, length, new OpenFile(made.node, made.handle), flags);
};

function openOut(session: FuseSession, reply: FuseReply, offset: number, file: OpenFile, flags: number): number {
  reply.u64(offset + OPEN_OUT.at.fh, session.files.add(file));
  reply.u32(offset + OPEN_OUT.at.openFlags, cacheFlags(file.node, file.handle, flags));
  reply.u32(offset + OPEN_OUT.at.backingId, 0);
  return OPEN_OUT.size;
}

/**
 * Generated content goes past the page cache (a file of size 0 could not be read through it). A `page` file is cached and can be mapped
 * shared when it is opened for reading; a descriptor that can write goes past the cache, so that writes arrive as they were made and
 * shared writable mappings are refused. Its cached pages survive an open, unless the handle has a size of its own: then each open is a
 * snapshot and starts from an empty cache.
 */
function cacheFlags(node: FileNode, handle: Handle, flags: number): number {
  const seekable = handle.seekable === false ? FOPEN.NONSEEKABLE : 0;
  if (node.cache !== 'page' || (flags & O_ACCMODE) !== O_RDONLY) return FOPEN.DIRECT_IO | seekable;
  return (handle.size === undefined ? FOPEN.KEEP_CACHE : 0) | seekable;
}

export const read: RequestHandler = (session, request, reply) => {
  const file = session.files.file(request.fileHandle(READ_IN.at.fh));
  if (file === undefined) return E.EBADF;
  const offset = request.u64(READ_IN.at.offset);
  const size = request.u32(READ_IN.at.size);
  const { position } = file;
  const at = { offset: position === undefined ? offset : position.locate('read', offset) };
  const data = vfsRead(file.handle, size, at, session.caller(request));
  const bodyOf = (result: Result<Uint8Array>) => {
    if (failed(result)) return result;
    // The kernel refuses a longer answer than it asked for.
    const bytes = result.length > size ? result.subarray(0, size) : result;
    position?.advance('read', offset, bytes.length);
    return bytes;
  };
  if (data instanceof Pending) {
    // As the descriptor is now, not as it was opened.
    if ((request.u32(READ_IN.at.flags) & O_NONBLOCK) !== 0) return E.EAGAIN;
    session.deferrals.defer(data, bodyOf);
    return NO_REPLY;
  }
  const bytes = bodyOf(data);
  if (failed(bytes)) return bytes;
  reply.bytes(0, bytes);
  return bytes.length;
};

export const write: RequestHandler = (session, request, reply) => {
  const file = session.files.file(request.fileHandle(WRITE_IN.at.fh));
  if (file === undefined) return E.EBADF;
  const offset = request.u64(WRITE_IN.at.offset);
  const size = request.u32(WRITE_IN.at.size);
  const { position } = file;
  if (file.handle.positionalWrites === false && offset !== 0 && position?.isReached(offset) === false) return E.ESPIPE;
  // The kernel cuts a write(2) at whole pages of the user's buffer, so a first part can lack up to a page of the maximum.
  const mayContinue = size > session.partialWrite;
  const at = { offset: position === undefined ? offset : position.locate('write', offset), mayContinue };
  const caller = session.caller(request);
  const data = request.bytes(WRITE_IN.size, size);
  const later = vfsWriteLater(file.handle, data, at, caller);
  if (later !== undefined) {
    session.deferrals.defer(later, (count) => {
      if (failed(count)) return count;
      position?.advance('write', offset, count);
      return writtenBody(count);
    });
    return NO_REPLY;
  }
  const count = vfsWrite(file.handle, data, at, caller);
  if (failed(count)) return count;
  position?.advance('write', offset, count, mayContinue);
  reply.u32(WRITE_OUT.at.size, count);
  reply.u32(WRITE_OUT.at.padding, 0);
  return WRITE_OUT.size;
};

function writtenBody(count: number): Uint8Array {
  const body = Buffer.alloc(WRITE_OUT.size);
  body.writeUInt32LE(count, WRITE_OUT.at.size);
  return body;
}

/** SEEK_DATA and SEEK_HOLE; the kernel handles the other modes itself. */
export const lseek: RequestHandler = (session, request, reply) => {
  const file = session.files.file(request.fileHandle(LSEEK_IN.at.fh));
  if (file === undefined) return E.EBADF;
  const offset = request.u64(LSEEK_IN.at.offset);
  const position = vfsSeek(file.node, file.handle, offset, request.u32(LSEEK_IN.at.whence), session.caller(request));
  if (failed(position)) return position;
  reply.u64(LSEEK_OUT.at.offset, position);
  return LSEEK_OUT.size;
};

export const release: RequestHandler = (session, request) => {
  session.files.close(request.fileHandle(RELEASE_IN.at.fh));
  return 0;
};

export const poll: RequestHandler = (session, request, reply) => {
  const file = session.files.file(request.fileHandle(POLL_IN.at.fh));
  if (file === undefined) return E.EBADF;
  const kernelHandle = pollHandle(request.u64(POLL_IN.at.kh));
  if ((request.u32(POLL_IN.at.flags) & POLL_SCHEDULE_NOTIFY) !== 0) file.pollHandle = kernelHandle;
  const wake = () => {
    if (file.pollHandle === undefined) return;
    file.pollHandle = undefined;
    session.notifier.send(`poll ${kernelHandle}`, notifyPoll(kernelHandle));
  };
  const ready = vfsPoll(file.handle, wake, session.caller(request));
  const normal = ((ready & POLLIN) !== 0 ? POLLRDNORM : 0) | ((ready & POLLOUT) !== 0 ? POLLWRNORM : 0);
  reply.u32(POLL_OUT.at.revents, ready | normal);
  reply.u32(POLL_OUT.at.padding, 0);
  return POLL_OUT.size;
};

/** Nothing is written: whether fsync(2) succeeds depends on the type of the filesystem. */
export const fsync: RequestHandler = (session) => (hasFsync(session.filesystem, 'file') ? 0 : E.EINVAL);

export const fsyncdir: RequestHandler = (session) => (hasFsync(session.filesystem, 'directory') ? 0 : E.EINVAL);
