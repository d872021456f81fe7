/** GETXATTR, LISTXATTR, SETXATTR, REMOVEXATTR. Size 0 asks for the length; a buffer that is too small is ERANGE. */
import { bytesOf } from '../../../linux/bytes.ts';
import { E, failed } from '../../../linux/errno.ts';
import * as vfs from '../../../vfs/tree/operations.ts';
import type { FuseReply } from '../../protocol/reply.ts';
import { GETXATTR_IN, GETXATTR_OUT, SETXATTR_IN } from '../../protocol/structs.ts';
import type { HandlerResult, RequestHandler } from '../session.ts';

export const getxattr: RequestHandler = (session, request, reply) => {
  const node = session.nodes.node(request.nodeid);
  if (node === undefined) return E.ESTALE;
  const value = vfs.getXattr(node, request.name(GETXATTR_IN.size), session.caller(request));
  return failed(value) ? value : sized(reply, value, request.u32(GETXATTR_IN.at.size));
};

export const listxattr: RequestHandler = (session, request, reply) => {
  const node = session.nodes.node(request.nodeid);
  if (node === undefined) return E.ESTALE;
  const names = vfs.listXattr(node, session.caller(request));
  if (failed(names)) return names;
  return sized(reply, bytesOf(names.map((name) => `${name}\0`).join('')), request.u32(GETXATTR_IN.at.size));
};

export const setxattr: RequestHandler = (session, request) => {
  const node = session.nodes.node(request.nodeid);
  if (node === undefined) return E.ESTALE;
  const name = request.name(SETXATTR_IN.size);
  // The value outlives the request, the request buffer does not.
  const value = Uint8Array.from(request.bytes(request.afterName(SETXATTR_IN.size), request.u32(SETXATTR_IN.at.size)));
  return vfs.setXattr(node, name, value, request.u32(SETXATTR_IN.at.flags), session.caller(request)) ?? 0;
};

export const removexattr: RequestHandler = (session, request) => {
  const node = session.nodes.node(request.nodeid);
  if (node === undefined) return E.ESTALE;
  return vfs.removeXattr(node, request.name(0), session.caller(request)) ?? 0;
};

function sized(reply: FuseReply, value: Uint8Array, size: number): HandlerResult {
  if (size === 0) {
    reply.u32(GETXATTR_OUT.at.size, value.length);
    reply.u32(GETXATTR_OUT.at.padding, 0);
    return GETXATTR_OUT.size;
  }
  if (value.length > size) return E.ERANGE;
  reply.bytes(0, value);
  return value.length;
}
