/** Requests about attributes: GETATTR, SETATTR, READLINK, and the extended ones. */
import { FATTR } from '../../fuse/protocol/flags.ts';
import type { FuseRequest } from '../../fuse/protocol/request.ts';
import * as S from '../../fuse/protocol/structs.ts';
import { bytesOf, textOf } from '../../linux/bytes.ts';
import { CAP, hasCapability, XATTR_NAME_CAPS } from '../../linux/capability.ts';
import { ERRNO, failed } from '../../linux/errno.ts';
import { UTIME_NOW, UTIME_OMIT } from '../../linux/fs.ts';
import { S_IALLUGO } from '../../linux/stat.ts';
import { isConvertedFor, type LabelledFacts } from '../../vfs/labelled/index.ts';
import { type Caller, capable } from '../../vfs/tree/caller.ts';
import type { AttributeChange } from '../../vfs/tree/node.ts';
import type { RequestAnswer } from './connection.ts';
import { backingCredentials, names, type RequestHandler } from './context.ts';
import { encodeAttrOut } from './encoding.ts';
import { type AttributesJob, DATA } from './jobs.ts';

const { ENODATA, ENOENT, EPERM, ERANGE, ESTALE } = ERRNO;

export const getattr: RequestHandler = async (context, request, asked) => {
  const node = context.node(request.nodeid);
  if (node === undefined) return ESTALE;
  const { result, statx } = await context.work(asked, { op: 'getattr', fd: node.fd });
  return result < 0 ? -result : (reply) => encodeAttrOut(reply, statx);
};

export const setattr: RequestHandler = async (context, request, asked) => {
  const node = context.node(request.nodeid);
  if (node === undefined) return ESTALE;
  const caller = context.identify(request);
  const { security } = context;
  const { change, job } = attributesOf(request);
  const as = backingCredentials(caller);
  let before: LabelledFacts | undefined;
  if (!security.isIdle) {
    const [object] = await context.look(asked, [node]);
    if (object === undefined) return ENOENT;
    const refused = security.setAttributes(object, change, caller);
    if (refused !== undefined) return refused.number;
    before = object.look();
  }
  const { result, statx } = await context.workOnceFree(asked, { ...job, fd: node.fd, as });
  if (result < 0) return -result;
  if (before !== undefined) {
    const [object] = await context.look(asked, [node]);
    if (object !== undefined) {
      security.attributesSet(object, before, caller);
      await context.store(asked, node, object);
    }
  }
  return (reply) => encodeAttrOut(reply, statx);
};

function attributesOf(request: FuseRequest): {
  readonly change: AttributeChange;
  readonly job: Omit<AttributesJob, 'fd'>;
} {
  const { at } = S.SETATTR_IN;
  const valid = request.u32(at.valid);
  const has = (bit: number): boolean => (valid & bit) !== 0;
  const owners = {
    ...(has(FATTR.MODE) && { mode: request.u32(at.mode) & S_IALLUGO }),
    ...(has(FATTR.UID) && { uid: request.u32(at.uid) }),
    ...(has(FATTR.GID) && { gid: request.u32(at.gid) }),
    ...(has(FATTR.SIZE) && { size: request.u64(at.size) }),
  };
  const now = (bit: number): boolean => (valid & bit) !== 0;
  const time = (bit: number, nowBit: number, seconds: number, nanoseconds: number): readonly [bigint, number] => {
    if (!has(bit)) return [0n, UTIME_OMIT];
    return now(nowBit) ? [0n, UTIME_NOW] : [request.i64(seconds), request.u32(nanoseconds)];
  };
  const sets = has(FATTR.ATIME) || has(FATTR.MTIME);
  const times = [
    time(FATTR.ATIME, FATTR.ATIME_NOW, at.atime, at.atimensec),
    time(FATTR.MTIME, FATTR.MTIME_NOW, at.mtime, at.mtimensec),
  ] as const;
  const timesAreNow = has(FATTR.ATIME) === now(FATTR.ATIME_NOW) && has(FATTR.MTIME) === now(FATTR.MTIME_NOW);
  const open = has(FATTR.FH) ? { open: request.u64(at.fh) - 1 } : {};
  return {
    change: {
      ...owners,
      ...(has(FATTR.ATIME) && { atime: times[0][0] }),
      ...(has(FATTR.MTIME) && { mtime: times[1][0] }),
      timesAreNow,
    },
    job: { op: 'setattr', ...owners, ...open, ...(sets && { times }) },
  };
}

export const readlink: RequestHandler = async (context, request, asked) => {
  const node = context.node(request.nodeid);
  if (node === undefined) return ESTALE;
  const caller = context.identify(request);
  const { security } = context;
  const look = security.isIdle ? undefined : [node.fd];
  const target = await context.connection.work(
    asked,
    { op: 'readlink', fd: node.fd, look },
    ({ result, looked = [] }, memory) => {
      const object = context.object(node, looked[0]);
      const refused = object && security.readlink(object, caller);
      if (refused !== undefined) return -refused.number;
      return result < 0 ? result : Buffer.from(memory.subarray(DATA, DATA + result));
    },
  );
  return typeof target === 'number' ? -target : content(target);
};

export const getxattr: RequestHandler = async (context, request, asked) => {
  const node = context.node(request.nodeid);
  if (node === undefined) return ESTALE;
  const size = request.u32(S.GETXATTR_IN.at.size);
  const name = request.name(S.GETXATTR_IN.size);
  const caller = context.identify(request);
  const { security } = context;
  const decided = security.isDecided(name);
  if (context.uses.concerns(name)) await context.uses.update(context, asked, node, caller);
  if (decided || !security.isIdle) {
    const [object] = await context.look(asked, [node]);
    if (object === undefined) return ENOENT;
    const given = security.getXattr(object, name, caller);
    if (given !== undefined && failed(given)) return given.number;
    if (given !== undefined) return sized(given, size);
    const stored = object.look().xattrs[name];
    if (decided) return stored === undefined ? ENODATA : sized(bytesOf(stored), size);
  }
  const job = { op: 'getxattr', fd: node.fd, name, as: backingCredentials(caller) } as const;
  const value = await context.connection.work(asked, job, ({ result }, memory) =>
    result < 0 ? result : Buffer.from(memory.subarray(DATA, DATA + result)),
  );
  return typeof value === 'number' ? -value : sized(value, size);
};

export const listxattr: RequestHandler = async (context, request, asked) => {
  const node = context.node(request.nodeid);
  if (node === undefined) return ESTALE;
  const size = request.u32(S.GETXATTR_IN.at.size);
  const caller = context.identify(request);
  const job = { op: 'listxattr', fd: node.fd, look: [node.fd] } as const;
  const listed = await context.connection.work(asked, job, ({ result, looked = [] }, memory) => {
    if (result < 0) return -result;
    const object = context.object(node, looked[0]);
    if (object === undefined) return ENOENT;
    const stored = textOf(memory.subarray(DATA, DATA + result))
      .split('\0')
      .filter((name) => name !== '');
    const seen = context.security.listXattr(object, stored, caller);
    return failed(seen) ? seen.number : seen;
  });
  if (typeof listed === 'number') return listed;
  const administrator = capable(caller, CAP.SYS_ADMIN);
  return sized(names(listed.filter((name) => administrator || !name.startsWith('trusted.'))), size);
};

export const setxattr: RequestHandler = async (context, request, asked) => {
  const node = context.node(request.nodeid);
  if (node === undefined) return ESTALE;
  const name = request.name(S.SETXATTR_IN.size);
  const length = request.u32(S.SETXATTR_IN.at.size);
  const flags = request.u32(S.SETXATTR_IN.at.flags);
  const value = Uint8Array.from(request.bytes(request.afterName(S.SETXATTR_IN.size), length));
  const caller = context.identify(request);
  const { security } = context;
  const own = length > 0 && ofNamespace(name, caller);
  if (own && !isConvertedFor(value, caller)) return EPERM;
  const as = security.isDecided(name) || own ? undefined : backingCredentials(caller);
  const [object] = await context.look(asked, [node]);
  if (object === undefined) return ENOENT;
  const refused = security.setXattr(object, name, value, flags, caller);
  return refused?.number ?? context.store(asked, node, object, as);
};

/**
 * A kernel takes file capabilities away before it changes content or owner (security_inode_killpriv()), without asking about the caller's
 * rights: removexattr(2) of who lacks CAP_SETFCAP does not get as far as here. On the directory's filesystem the change itself does that.
 */
export const removexattr: RequestHandler = async (context, request, asked) => {
  const node = context.node(request.nodeid);
  if (node === undefined) return ESTALE;
  const name = request.name(0);
  const caller = context.identify(request);
  if (name === XATTR_NAME_CAPS && !hasCapability(caller.capabilities, CAP.SETFCAP)) return 0; // comes before a change
  const { security } = context;
  const as = security.isDecided(name) || ofNamespace(name, caller) ? undefined : backingCredentials(caller);
  const [object] = await context.look(asked, [node]);
  if (object === undefined) return ENOENT;
  const refused = security.removeXattr(object, name, caller);
  return refused?.number ?? context.store(asked, node, object, as);
};

/**
 * File capabilities for the root of a namespace: who has CAP_SETFCAP there may set them, and the host's kernel has converted the value. On
 * the directory's filesystem only we may.
 */
function ofNamespace(name: string, { userNamespace }: Caller): boolean {
  return name === XATTR_NAME_CAPS && userNamespace !== undefined;
}

/** Size 0 asks for the length; a buffer that is too small is ERANGE. */
function sized(value: Uint8Array, size: number): RequestAnswer {
  if (size === 0) {
    return (reply) => {
      reply.u32(S.GETXATTR_OUT.at.size, value.length);
      reply.u32(S.GETXATTR_OUT.at.padding, 0);
      return S.GETXATTR_OUT.size;
    };
  }
  return value.length > size ? ERANGE : content(value);
}

function content(bytes: Uint8Array): RequestAnswer {
  return (reply) => {
    reply.bytes(0, bytes);
    return bytes.length;
  };
}
