/** Changes of directories: MKDIR, MKNOD, SYMLINK, LINK, UNLINK, RMDIR, RENAME, RENAME2. */
import { E, failed, type Result } from '../../../linux/errno.ts';
import { S_IALLUGO } from '../../../linux/stat.ts';
import type { Node } from '../../../vfs/tree/node.ts';
import * as vfs from '../../../vfs/tree/operations.ts';
import type { NodeId } from '../../protocol/ids.ts';
import { LINK_IN, MKDIR_IN, MKNOD_IN, RENAME_IN, RENAME2_IN } from '../../protocol/structs.ts';
import type { FuseSession, HandlerResult, RequestHandler } from '../session.ts';

type Request = Parameters<RequestHandler>[1];

/** A handler that makes one node in the directory of the request and answers with its entry. */
function making(make: (parent: Node, request: Request, session: FuseSession) => Result<Node>): RequestHandler {
  return (session, request, reply) => {
    const parent = session.nodes.node(request.nodeid);
    if (parent === undefined) return E.ESTALE;
    const node = make(parent, request, session);
    return failed(node) ? node : session.entry(reply, 0, node, request.nodeid, session.caller(request));
  };
}

export const mkdir = making((parent, request, session) =>
  vfs.mkdir(parent, request.name(MKDIR_IN.size), request.u32(MKDIR_IN.at.mode) & S_IALLUGO, session.caller(request)),
);

export const mknod = making((parent, request, session) =>
  vfs.mknod(
    parent,
    request.name(MKNOD_IN.size),
    request.u32(MKNOD_IN.at.mode),
    request.u32(MKNOD_IN.at.rdev),
    session.caller(request),
  ),
);

export const symlink = making((parent, request, session) => {
  const target = request.afterName(0);
  return vfs.symlink(parent, request.name(0), request.name(target), session.caller(request));
});

export const link = making((parent, request, session) => {
  const node = session.nodes.node(request.nodeId(LINK_IN.at.oldnodeid));
  if (node === undefined) return E.ESTALE;
  return vfs.link(parent, request.name(LINK_IN.size), node, session.caller(request)) ?? node;
});

export const unlink: RequestHandler = (session, request) => {
  const parent = session.nodes.node(request.nodeid);
  if (parent === undefined) return E.ESTALE;
  return vfs.unlink(parent, request.name(0), session.caller(request)) ?? 0;
};

export const rmdir: RequestHandler = (session, request) => {
  const parent = session.nodes.node(request.nodeid);
  if (parent === undefined) return E.ESTALE;
  return vfs.rmdir(parent, request.name(0), session.caller(request)) ?? 0;
};

export const rename: RequestHandler = (session, request) =>
  move(session, request, request.nodeId(RENAME_IN.at.newdir), 0, RENAME_IN.size);

export const rename2: RequestHandler = (session, request) =>
  move(session, request, request.nodeId(RENAME2_IN.at.newdir), request.u32(RENAME2_IN.at.flags), RENAME2_IN.size);

function move(session: FuseSession, request: Request, targetId: NodeId, flags: number, names: number): HandlerResult {
  const from = session.nodes.node(request.nodeid);
  const to = session.nodes.node(targetId);
  if (from === undefined || to === undefined) return E.ESTALE;
  const newName = request.name(request.afterName(names));
  return vfs.rename(from, request.name(names), to, newName, flags, session.caller(request)) ?? 0;
}
