/** Requests about names: LOOKUP, MKDIR, MKNOD, SYMLINK, LINK, UNLINK, RMDIR, RENAME. */

import type { NodeId } from '../../fuse/protocol/ids.ts';
import type { FuseRequest } from '../../fuse/protocol/request.ts';
import * as S from '../../fuse/protocol/structs.ts';
import { ERRNO } from '../../linux/errno.ts';
import { MAY_EXEC, MAY_WRITE } from '../../linux/fs.ts';
import { S_IFDIR, S_IFLNK, S_IFMT } from '../../linux/stat.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type { Asked, RequestAnswer } from './connection.ts';
import { backingCredentials, numberOf, type RequestContext, type RequestHandler } from './context.ts';
import type { FileJob, Job } from './jobs.ts';
import type { LookedObject } from './looked-object.ts';
import type { BackedNode } from './nodes.ts';

const { ENOENT, ESTALE } = ERRNO;
const MODIFY = MAY_WRITE | MAY_EXEC;

export const lookup: RequestHandler = async (context, request, asked) => {
  const parent = context.node(request.nodeid);
  if (parent === undefined) return ESTALE;
  const name = request.name(0);
  const caller = context.identify(request);
  const { security } = context;
  const look = security.isIdle ? undefined : [parent.fd];
  const done = await context.work(asked, {
    op: 'lookup',
    parent: parent.fd,
    name,
    as: backingCredentials(caller),
    look,
  });
  const directory = context.object(parent, done.looked[0]);
  const refused = directory && security.permission(directory, MAY_EXEC, caller);
  if (refused === undefined) return context.entry(done, parent, name);
  context.drop(done);
  return refused.number;
};

/** Asks whether the object may be made, has it made, and stores its labels. */
async function make(
  context: RequestContext,
  asked: Asked,
  parent: BackedNode,
  job: FileJob & { readonly name: string },
  mode: number,
  caller: Caller,
): Promise<RequestAnswer> {
  const { security } = context;
  const as = backingCredentials(caller);
  if (security.isIdle) return context.entry(await context.work(asked, { ...job, as }), parent, job.name);
  const [directory] = await context.look(asked, [parent]);
  if (directory === undefined) return ENOENT;
  const made = { directory, name: job.name, mode };
  const refused = security.permission(directory, MODIFY, caller) ?? security.create(made, caller);
  if (refused !== undefined) return refused.number;
  const done = await context.work(asked, { ...job, as });
  if (done.found !== undefined && done.isNew) {
    const keep = context.own(asked, [done.found]);
    await label(context, asked, done.found, security.newLabels(made, caller));
    keep();
  }
  return context.entry(done, parent, job.name);
}

/** @param fd of a new file, O_PATH. */
export async function label(
  context: RequestContext,
  asked: Asked,
  fd: number,
  labels: ReturnType<RequestContext['security']['newLabels']>,
): Promise<void> {
  for (const { name, value } of labels)
    await context.work(asked, { op: 'setxattr', fd, name, size: value.length, flags: 0 }, value);
}

export const mkdir: RequestHandler = (context, request, asked) => {
  const parent = context.node(request.nodeid);
  if (parent === undefined) return ESTALE;
  const mode = request.u32(S.MKDIR_IN.at.mode);
  const job = { op: 'mkdir', parent: parent.fd, name: request.name(S.MKDIR_IN.size), mode } as const;
  return make(context, asked, parent, job, S_IFDIR, context.identify(request));
};

export const mknod: RequestHandler = (context, request, asked) => {
  const parent = context.node(request.nodeid);
  if (parent === undefined) return ESTALE;
  const mode = request.u32(S.MKNOD_IN.at.mode);
  const rdev = request.u32(S.MKNOD_IN.at.rdev);
  const job = { op: 'mknod', parent: parent.fd, name: request.name(S.MKNOD_IN.size), mode, rdev } as const;
  return make(context, asked, parent, job, mode & S_IFMT, context.identify(request));
};

export const symlink: RequestHandler = (context, request, asked) => {
  const parent = context.node(request.nodeid);
  if (parent === undefined) return ESTALE;
  const target = request.name(request.afterName(0));
  const job = { op: 'symlink', parent: parent.fd, name: request.name(0), target } as const;
  return make(context, asked, parent, job, S_IFLNK, context.identify(request));
};

export const link: RequestHandler = async (context, request, asked) => {
  const parent = context.node(request.nodeid);
  const node = context.node(request.nodeId(S.LINK_IN.at.oldnodeid));
  if (parent === undefined || node === undefined) return ESTALE;
  const name = request.name(S.LINK_IN.size);
  const caller = context.identify(request);
  const { security } = context;
  if (!security.isIdle) {
    const [directory, object] = await context.look(asked, [parent, node]);
    if (directory === undefined || object === undefined) return ENOENT;
    const refused =
      security.permission(directory, MODIFY, caller) ??
      security.link(object, { directory, name, mode: object.mode }, caller);
    if (refused !== undefined) return refused.number;
  }
  const job = { op: 'link', fd: node.fd, parent: parent.fd, name, as: backingCredentials(caller) } as const;
  return context.entry(await context.work(asked, job), parent, name);
};

/** What a name leads to, for a decision about it; `undefined` = nothing. */
async function find(
  context: RequestContext,
  asked: Asked,
  parent: BackedNode,
  name: string,
): Promise<LookedObject | undefined> {
  const { found } = await context.work(asked, { op: 'lookup', parent: parent.fd, name });
  if (found === undefined) return undefined;
  context.own(asked, [found]);
  const { looked } = await context.work(asked, { op: 'look', look: [found] });
  const node = { ...parent, fd: found, parent, name };
  return context.object(node, looked[0]);
}

async function remove(
  context: RequestContext,
  request: FuseRequest,
  asked: Asked,
  op: 'unlink' | 'rmdir',
): Promise<RequestAnswer> {
  const parent = context.node(request.nodeid);
  if (parent === undefined) return ESTALE;
  const name = request.name(0);
  const caller = context.identify(request);
  const { security } = context;
  if (!security.isIdle) {
    const [directory] = await context.look(asked, [parent]);
    const victim = await find(context, asked, parent, name);
    const refused =
      directory &&
      (security.permission(directory, MODIFY, caller) ?? (victim && security.remove(victim, directory, caller)));
    if (refused !== undefined) return refused.number;
  }
  const { result } = await context.work(asked, { op, parent: parent.fd, name, as: backingCredentials(caller) });
  return result < 0 ? -result : 0;
}

export const unlink: RequestHandler = (context, request, asked) => remove(context, request, asked, 'unlink');
export const rmdir: RequestHandler = (context, request, asked) => remove(context, request, asked, 'rmdir');

export const rename: RequestHandler = (context, request, asked) =>
  move(context, request, asked, request.nodeId(S.RENAME_IN.at.newdir), 0, S.RENAME_IN.size);

export const rename2: RequestHandler = (context, request, asked) => {
  const { at, size } = S.RENAME2_IN;
  return move(context, request, asked, request.nodeId(at.newdir), request.u32(at.flags), size);
};

async function move(
  context: RequestContext,
  request: FuseRequest,
  asked: Asked,
  newDirectory: NodeId,
  flags: number,
  at: number,
): Promise<RequestAnswer> {
  const parent = context.node(request.nodeid);
  const newParent = context.node(newDirectory);
  if (parent === undefined || newParent === undefined) return ESTALE;
  const name = request.name(at);
  const newName = request.name(request.afterName(at));
  const caller = context.identify(request);
  const refused = context.security.isIdle
    ? 0
    : await moveRefused(context, asked, { parent, name, newParent, newName, caller });
  if (refused !== 0) return refused;
  const job: Job = {
    op: 'rename',
    parent: parent.fd,
    name,
    newParent: newParent.fd,
    newName,
    flags,
    as: backingCredentials(caller),
  };
  const { result } = await context.work(asked, job);
  return result < 0 ? -result : 0;
}

interface Move {
  readonly parent: BackedNode;
  readonly name: string;
  readonly newParent: BackedNode;
  readonly newName: string;
  readonly caller: Caller;
}

async function moveRefused(
  context: RequestContext,
  asked: Asked,
  { parent, name, newParent, newName, caller }: Move,
): Promise<number> {
  const { security } = context;
  const [directory, newDirectory] = await context.look(asked, [parent, newParent]);
  const moved = await find(context, asked, parent, name);
  const replaced = await find(context, asked, newParent, newName);
  if (directory === undefined || newDirectory === undefined || moved === undefined) return 0; // ENOENT
  return numberOf(
    security.permission(directory, MODIFY, caller) ??
      security.permission(newDirectory, MODIFY, caller) ??
      security.rename({ object: moved, directory, newDirectory, newName, target: replaced }, caller),
  );
}
