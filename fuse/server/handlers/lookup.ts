/** Names and attributes: LOOKUP, FORGET, GETATTR, SETATTR, READLINK, ACCESS. */
import { bytesOf } from '../../../linux/bytes.ts';
import { E, failed } from '../../../linux/errno.ts';
import { SEEK_END } from '../../../linux/fs.ts';
import type { AttributeChange, Handle } from '../../../vfs/tree/node.ts';
import { setAttributes, lookup as vfsLookup, readlink as vfsReadlink } from '../../../vfs/tree/operations.ts';
import { FATTR, GETATTR_FH } from '../../protocol/flags.ts';
import type { FuseRequest } from '../../protocol/request.ts';
import { ACCESS_IN, BATCH_FORGET_IN, FORGET_IN, FORGET_ONE, GETATTR_IN, SETATTR_IN } from '../../protocol/structs.ts';
import { NO_REPLY, type RequestHandler } from '../session.ts';

const NANOSECONDS = 1_000_000_000n;

export const lookup: RequestHandler = (session, request, reply) => {
  const parent = session.nodes.node(request.nodeid);
  if (parent === undefined) return E.ESTALE;
  const caller = session.caller(request);
  const name = request.name(0);
  const node = vfsLookup(parent, name, caller, session.answersAsBefore);
  return failed(node) ? node : session.entry(reply, 0, node, request.nodeid, caller, name);
};

export const forget: RequestHandler = (session, request) => {
  session.nodes.forget(request.nodeid, request.u64(FORGET_IN.at.nlookup));
  return NO_REPLY;
};

export const batchForget: RequestHandler = (session, request) => {
  const count = request.u32(BATCH_FORGET_IN.at.count);
  for (let i = 0; i < count; i++) {
    const one = BATCH_FORGET_IN.size + i * FORGET_ONE.size;
    session.nodes.forget(request.nodeId(one + FORGET_ONE.at.nodeid), request.u64(one + FORGET_ONE.at.nlookup));
  }
  return NO_REPLY;
};

export const getattr: RequestHandler = (session, request, reply) => {
  const node = session.nodes.node(request.nodeid);
  if (node === undefined) return E.ESTALE;
  const open = (request.u32(GETATTR_IN.at.getattrFlags) & GETATTR_FH) !== 0;
  const file = open ? session.files.file(request.fileHandle(GETATTR_IN.at.fh)) : undefined;
  return session.attributes.attrOut(reply, node, file && sizeFor(file.handle), session.caller(request));
};

/** The kernel asks an open file for its size to find its end, for lseek(SEEK_END); fstat(2) asks the node. */
function sizeFor(handle: Handle): number | undefined {
  const end = handle.seek?.(0, SEEK_END);
  return end === undefined || failed(end) ? handle.size?.() : end;
}

export const setattr: RequestHandler = (session, request, reply) => {
  const node = session.nodes.node(request.nodeid);
  if (node === undefined) return E.ESTALE;
  const caller = session.caller(request);
  const refused = setAttributes(node, attributeChange(request, session.now()), caller);
  return refused ?? session.attributes.attrOut(reply, node, undefined, caller);
};

export const readlink: RequestHandler = (session, request, reply) => {
  const node = session.nodes.node(request.nodeid);
  if (node === undefined) return E.ESTALE;
  const target = vfsReadlink(node, session.caller(request));
  if (failed(target)) return target;
  const bytes = bytesOf(target);
  reply.bytes(0, bytes);
  return bytes.length;
};

/** Not sent while the mount has default_permissions: then the kernel checks mode bits itself, and we check the rest in each operation. */
export const access: RequestHandler = (session, request) => {
  const node = session.nodes.node(request.nodeid);
  if (node === undefined) return E.ESTALE;
  return node.permission?.(request.u32(ACCESS_IN.at.mask), session.caller(request)) ?? 0;
};

/** `ctime`: the kernel leaves that to us; for a time that is set to now it sends its own. */
function attributeChange(request: FuseRequest, ctime: bigint): AttributeChange {
  const at = SETATTR_IN.at;
  const valid = request.u32(at.valid);
  const has = (bit: number) => (valid & bit) !== 0;
  const time = (seconds: number, nanoseconds: number) =>
    request.i64(seconds) * NANOSECONDS + BigInt(request.u32(nanoseconds));
  return {
    ...(has(FATTR.MODE) && { mode: request.u32(at.mode) }),
    ...(has(FATTR.UID) && { uid: request.u32(at.uid) }),
    ...(has(FATTR.GID) && { gid: request.u32(at.gid) }),
    ...(has(FATTR.SIZE) && { size: request.u64(at.size) }),
    ...(has(FATTR.ATIME) && { atime: time(at.atime, at.atimensec) }),
    ...(has(FATTR.MTIME) && { mtime: time(at.mtime, at.mtimensec) }),
    timesAreNow: has(FATTR.ATIME) === has(FATTR.ATIME_NOW) && has(FATTR.MTIME) === has(FATTR.MTIME_NOW),
    ctime,
  };
}
