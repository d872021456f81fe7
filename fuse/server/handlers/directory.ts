/** Directory streams: OPENDIR, READDIR, READDIRPLUS, RELEASEDIR. */
import { bytesOf } from '../../../linux/bytes.ts';
import { E, failed } from '../../../linux/errno.ts';
import { S_IFDIR, S_IFLNK, S_IFREG } from '../../../linux/stat.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { DirectoryEntry, Node } from '../../../vfs/tree/node.ts';
import { openDirectory, readEntries } from '../../../vfs/tree/operations.ts';
import type { NodeId } from '../../protocol/ids.ts';
import type { FuseReply } from '../../protocol/reply.ts';
import { DIRENT, ENTRY_OUT, FUSE_ATTR, OPEN_IN, OPEN_OUT, READ_IN, RELEASE_IN } from '../../protocol/structs.ts';
import type { FuseSession, RequestHandler } from '../session.ts';

/** `fuse_entry_out` with its attributes, before each entry of READDIRPLUS. */
const ENTRY_SIZE = ENTRY_OUT.size + FUSE_ATTR.size;
/** d_type is the file type bits of the mode, shifted. */
const TYPE_SHIFT = 12;

export const opendir: RequestHandler = (session, request, reply) => {
  const node = session.nodes.node(request.nodeid);
  if (node === undefined) return E.ESTALE;
  const refused = openDirectory(node, request.u32(OPEN_IN.at.flags), session.caller(request));
  if (refused !== undefined) return refused;
  session.attributes.told(node);
  reply.zero(0, OPEN_OUT.size);
  reply.u64(OPEN_OUT.at.fh, session.files.addDirectory());
  return OPEN_OUT.size;
};

export const readdir: RequestHandler = (session, request, reply) => list(session, request, reply, false);
export const readdirplus: RequestHandler = (session, request, reply) => list(session, request, reply, true);

export const releasedir: RequestHandler = (session, request) => {
  session.files.closeDirectory(request.fileHandle(RELEASE_IN.at.fh));
  return 0;
};

function list(
  session: FuseSession,
  request: Parameters<RequestHandler>[1],
  reply: FuseReply,
  plus: boolean,
): ReturnType<RequestHandler> {
  const stream = session.files.directory(request.fileHandle(READ_IN.at.fh));
  const directory = session.nodes.node(request.nodeid);
  if (stream === undefined) return E.EBADF;
  if (directory === undefined) return E.ESTALE;
  const caller = session.caller(request);
  const offset = request.u64(READ_IN.at.offset);
  const size = request.u32(READ_IN.at.size);
  // The snapshot is taken when reading starts and again after rewinddir(3).
  if (stream.entries === undefined || offset === 0) {
    const entries = readEntries(directory, caller, session.answersAsBefore);
    if (failed(entries)) return entries;
    const parent = session.nodes.parentOf(request.nodeid) ?? directory;
    stream.entries = [{ name: '.', node: directory }, { name: '..', node: parent }, ...entries];
  }
  let length = 0;
  for (let index = offset; index < stream.entries.length; index++) {
    const entry = stream.entries[index];
    if (entry === undefined) break;
    const name = bytesOf(entry.name);
    const direntSize = align8(DIRENT.size + name.length);
    const end = length + direntSize + (plus ? ENTRY_SIZE : 0);
    if (end > size) break;
    reply.ensure(end);
    if (plus) length += plusEntry(session, reply, length, entry, request.nodeid, index < 2, caller);
    reply.zero(length, direntSize);
    reply.u64(length + DIRENT.at.ino, entry.node.ino);
    reply.u64(length + DIRENT.at.off, index + 1);
    reply.u32(length + DIRENT.at.namelen, name.length);
    reply.u32(length + DIRENT.at.type, fileType(entry.node, caller) >> TYPE_SHIFT);
    reply.bytes(length + DIRENT.size, name);
    length += direntSize;
  }
  return length;
}

/** An entry with node id 0 tells the kernel that this is a name only: `.` and `..` must not be looked up. */
function plusEntry(
  session: FuseSession,
  reply: FuseReply,
  offset: number,
  entry: DirectoryEntry,
  parentId: NodeId,
  nameOnly: boolean,
  caller: Caller,
): number {
  if (nameOnly) reply.zero(offset, ENTRY_SIZE);
  else session.entry(reply, offset, entry.node, parentId, caller, entry.name);
  return ENTRY_SIZE;
}

function fileType(node: Node, caller: Caller): number {
  if (node.kind === 'directory') return S_IFDIR;
  if (node.kind === 'symlink') return S_IFLNK;
  return node.kind === 'file' ? S_IFREG : node.attributes(caller).mode;
}

function align8(length: number): number {
  return (length + 7) & ~7;
}
