/** Requests about open files and directories, and the filesystem: OPEN, CREATE, READ, WRITE, RELEASE, READDIR, STATFS, ... */
import type { FuseReply } from '../../fuse/protocol/reply.ts';
import type { FuseRequest } from '../../fuse/protocol/request.ts';
import * as S from '../../fuse/protocol/structs.ts';
import { ERRNO } from '../../linux/errno.ts';
import { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_TRUNC } from '../../linux/fcntl.ts';
import { MAY_EXEC, MAY_WRITE, openMask } from '../../linux/fs.ts';
import { FS_IOC_GETVERSION } from '../../linux/ioctl.ts';
import { S_IFREG, STX } from '../../linux/stat.ts';
import type { Asked, RequestAnswer } from './connection.ts';
import { backingCredentials, type Done, type RequestContext, type RequestHandler } from './context.ts';
import { directoryStream, encodeEntry, encodeStatfs } from './encoding.ts';
import { DATA } from './jobs.ts';
import { usesOfCreate, usesOfOpen } from './mounted-uses.ts';
import type { BackedNode } from './nodes.ts';
import type { Opener } from './passthrough.ts';
import { label } from './request-names.ts';

const { EEXIST, ENOENT, ENOTTY, ESTALE } = ERRNO;
const MODIFY = MAY_WRITE | MAY_EXEC;
/** What a thread does not need when it opens a file: the kernel does it. */
const OF_KERNEL = O_CREAT | O_EXCL | O_TRUNC | O_NOFOLLOW;
const FSYNC_DATA = 1;
/** Bytes that FS_IOC_GETVERSION gives. */
const VERSION_SIZE = 8;

/** Handles are the descriptors themselves, and one more, so that none is 0. */
const handleOf = (fd: number): number => fd + 1;
const descriptorAt = (request: FuseRequest, offset: number): number => request.u64(offset) - 1;

/** Counts the file as open. @returns writes what the kernel is told of it, and returns the end. */
function opened(
  { nodes, passthrough }: RequestContext,
  node: BackedNode,
  { result, statx, backing }: Done,
  opener: Pick<Opener, 'flags' | 'as'>,
): (reply: FuseReply, at: number) => number {
  const mode = statx.getUint16(STX.MODE, true);
  const { openFlags, backingId } = passthrough.answer(node, { ...opener, mode, backing });
  nodes.opened(node);
  return (reply, at) => {
    reply.zero(at, S.OPEN_OUT.size);
    reply.u64(at + S.OPEN_OUT.at.fh, handleOf(result));
    reply.u32(at + S.OPEN_OUT.at.openFlags, openFlags);
    reply.u32(at + S.OPEN_OUT.at.backingId, backingId);
    return at + S.OPEN_OUT.size;
  };
}

async function openNode(
  context: RequestContext,
  request: FuseRequest,
  asked: Asked,
  more: number,
): Promise<RequestAnswer> {
  const node = context.node(request.nodeid);
  if (node === undefined) return ESTALE;
  const flags = request.u32(S.OPEN_IN.at.flags);
  const caller = context.identify(request);
  const { security, uses } = context;
  const content = uses.active && more === 0 ? node.fd : undefined;
  const look = security.isIdle && content === undefined ? undefined : [node.fd];
  const as = backingCredentials(caller);
  const device = more === 0 ? context.passthrough.deviceFor(node) : undefined;
  const job = { op: 'open', fd: node.fd, flags: (flags & ~OF_KERNEL) | more, as, look, content, device } as const;
  const waits = (flags & O_NONBLOCK) === 0;
  const done = await (waits ? context.workOnceFree(asked, job) : context.work(asked, job));
  const { result, looked, used } = done;
  if (result < 0) return -result;
  const isOpen = holding(context, asked, done, [result]);
  const object = context.object(node, looked[0]);
  const refused =
    object && (security.permission(object, openMask(flags), caller) ?? security.open(object, flags, caller));
  if (refused !== undefined) return refused.number;
  if (object !== undefined && used !== undefined) {
    const file = { node, object, content: used };
    const unfit = await uses.decide(context, asked, file, usesOfOpen(flags, used), caller);
    if (unfit !== 0 || asked.answered) return unfit;
  }
  isOpen();
  const encode = opened(context, node, done, { flags, as });
  return (reply) => encode(reply, 0);
}

/** Lets go of what was opened when the request has ended, unless it is kept. @returns keeps it. */
function holding(context: RequestContext, asked: Asked, { backing }: Done, fds: readonly number[]): () => void {
  const keep = context.own(asked, fds);
  let kept = false;
  asked.ends.push(() => {
    if (!kept) context.passthrough.drop(backing);
  });
  return () => {
    kept = true;
    keep();
  };
}

export const open: RequestHandler = (context, request, asked) => openNode(context, request, asked, 0);
export const opendir: RequestHandler = (context, request, asked) =>
  openNode(context, request, asked, O_DIRECTORY | O_RDONLY);

export const create: RequestHandler = async (context, request, asked) => {
  const parent = context.node(request.nodeid);
  if (parent === undefined) return ESTALE;
  const name = request.name(S.CREATE_IN.size);
  const flags = request.u32(S.CREATE_IN.at.flags);
  const mode = request.u32(S.CREATE_IN.at.mode);
  const caller = context.identify(request);
  const as = backingCredentials(caller);
  const { security, uses } = context;
  const decides = uses.active || !security.isIdle;
  const [directory] = decides ? await context.look(asked, [parent]) : [];
  if (directory === undefined && decides) return ENOENT;
  const made = directory && { directory, name, mode: S_IFREG };
  const before = made && (security.permission(made.directory, MODIFY, caller) ?? security.create(made, caller));
  if (before !== undefined) return before.number;
  // What was decided, and the labels, are about a file that is made now.
  const how = flags | (made === undefined ? 0 : O_EXCL);
  const device = context.passthrough.deviceFor(undefined);
  const job = { op: 'create', parent: parent.fd, name, flags: how, mode, as, device } as const;
  const done = await context.work(asked, job);
  const { result, found, statx, handle } = done;
  if (result === -EEXIST && (flags & O_EXCL) === 0) return ESTALE; // The kernel looks again.
  if (result < 0 || found === undefined) return -result;
  if (made !== undefined) {
    const keep = holding(context, asked, done, [result, found]);
    await label(context, asked, found, security.newLabels(made, caller));
    const { looked, used } = await context.work(asked, { op: 'look', look: [found], content: found });
    const object = context.object({ ...parent, fd: found, parent, name }, looked[0]);
    const refused = object && security.open(object, flags, caller, made);
    if (refused !== undefined) return refused.number;
    if (uses.active && object !== undefined && used !== undefined) {
      const file = { node: { fd: found }, object, content: { ...used, writers: false, openers: false } };
      const unfit = await uses.decide(context, asked, file, usesOfCreate(flags), caller);
      if (unfit !== 0 || asked.answered) return unfit;
    }
    keep();
  }
  const node = context.nodes.found({ fd: found, statx, handle }, parent, name);
  const encode = opened(context, node, done, { flags, as });
  return (reply) => encode(reply, encodeEntry(reply, node.id, statx));
};

export const read: RequestHandler = (context, request, asked) => {
  const { at } = S.READ_IN;
  const fd = descriptorAt(request, at.fh);
  const job = { op: 'read', fd, offset: request.u64(at.offset), size: request.u32(at.size) } as const;
  const { connection } = context;
  return connection.work(asked, job, ({ result }, memory) =>
    result < 0 ? -result : connection.answerData(asked, memory, result),
  );
};

export const write: RequestHandler = async (context, request, asked) => {
  const { at } = S.WRITE_IN;
  const size = request.u32(at.size);
  const fd = descriptorAt(request, at.fh);
  const as = backingCredentials(context.identify(request));
  const job = { op: 'write', fd, offset: request.u64(at.offset), size, as } as const;
  const { result } = await context.work(asked, job, request.bytes(S.WRITE_IN.size, size));
  if (result < 0) return -result;
  return (reply) => {
    reply.u32(S.WRITE_OUT.at.size, result);
    reply.u32(S.WRITE_OUT.at.padding, 0);
    return S.WRITE_OUT.size;
  };
};

export const release: RequestHandler = (context, request) => {
  const node = context.node(request.nodeid);
  if (node !== undefined) {
    context.nodes.closed(node);
    if (node.opens === 0) context.passthrough.closed(node);
  }
  const fd = descriptorAt(request, S.RELEASE_IN.at.fh);
  context.connection.later({ op: 'close', fds: [fd] });
  return 0;
};

/** close(2): a filesystem may have kept an error until then. */
export const flush: RequestHandler = async (context, request, asked) => {
  const { result } = await context.work(asked, { op: 'flush', fd: descriptorAt(request, S.RELEASE_IN.at.fh) });
  return result < 0 ? -result : 0;
};

export const fsync: RequestHandler = async (context, request, asked) => {
  const data = (request.u32(S.FSYNC_IN.at.fsyncFlags) & FSYNC_DATA) !== 0;
  const { result } = await context.work(asked, { op: 'sync', fd: descriptorAt(request, S.FSYNC_IN.at.fh), data });
  return result < 0 ? -result : 0;
};

export const fallocate: RequestHandler = async (context, request, asked) => {
  const { at } = S.FALLOCATE_IN;
  const job = {
    op: 'allocate',
    fd: descriptorAt(request, at.fh),
    mode: request.u32(at.mode),
    offset: request.u64(at.offset),
    length: request.u64(at.length),
    as: backingCredentials(context.identify(request)),
  } as const;
  const { result } = await context.work(asked, job);
  return result < 0 ? -result : 0;
};

export const lseek: RequestHandler = async (context, request, asked) => {
  const { at } = S.LSEEK_IN;
  const fd = descriptorAt(request, at.fh);
  const job = { op: 'seek', fd, offset: request.u64(at.offset), whence: request.u32(at.whence) } as const;
  const { result } = await context.work(asked, job);
  if (result < 0) return -result;
  return (reply) => {
    reply.u64(S.LSEEK_OUT.at.offset, result);
    return S.LSEEK_OUT.size;
  };
};

export const readdir: RequestHandler = async (context, request, asked) => {
  const { at } = S.READ_IN;
  const size = request.u32(at.size);
  const job = { op: 'readdir', fd: descriptorAt(request, at.fh), offset: request.u64(at.offset), size } as const;
  const stream = await context.connection.work(asked, job, ({ result }, memory) =>
    result < 0 ? result : directoryStream(memory.subarray(DATA, DATA + result), size),
  );
  if (typeof stream === 'number') return -stream;
  return (reply) => {
    reply.bytes(0, stream);
    return stream.length;
  };
};

/** The generation of an inode, which clients that sign files ask for; no other request. */
export const ioctl: RequestHandler = async (context, request, asked) => {
  const { at } = S.IOCTL_IN;
  const command = request.u32(at.cmd);
  if (command !== FS_IOC_GETVERSION || request.u32(at.outSize) < VERSION_SIZE) return ENOTTY;
  const job = { op: 'ioctl', fd: descriptorAt(request, at.fh), command } as const;
  const { result, data } = await context.work(asked, job, undefined, VERSION_SIZE);
  if (result < 0) return -result;
  return (reply) => {
    reply.zero(0, S.IOCTL_OUT.size);
    reply.bytes(S.IOCTL_OUT.size, data);
    return S.IOCTL_OUT.size + data.length;
  };
};

export const statfs: RequestHandler = async (context, request, asked) => {
  const node = context.node(request.nodeid) ?? context.nodes.root;
  const { result, data } = await context.work(asked, { op: 'statfs', fd: node.fd }, undefined, 120);
  if (result < 0) return -result;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return (reply) => encodeStatfs(reply, view);
};
