/** Which handler answers which request of a labelled mount. */
import { BACKED_INIT_FLAGS } from '../../fuse/protocol/flags.ts';
import { type NodeId, requestId } from '../../fuse/protocol/ids.ts';
import { encodeInit, negotiate } from '../../fuse/protocol/init.ts';
import { FALLOCATE, OPCODE } from '../../fuse/protocol/opcodes.ts';
import type { FuseRequest } from '../../fuse/protocol/request.ts';
import * as S from '../../fuse/protocol/structs.ts';
import { ERRNO } from '../../linux/errno.ts';
import { type Asked, MOST_PAGES, type RequestAnswer, type Serve } from './connection.ts';
import type { RequestContext, RequestHandler } from './context.ts';
import type { BackedNode } from './nodes.ts';
import * as attributes from './request-attributes.ts';
import * as files from './request-files.ts';
import * as names from './request-names.ts';

const { ENOSYS, EPROTO, ESTALE } = ERRNO;

const init: RequestHandler = (context, request) => {
  const negotiated = negotiate(request, BACKED_INIT_FLAGS, MOST_PAGES, context.stackDepth);
  if (negotiated === undefined) return EPROTO;
  if (negotiated.stackDepth > 0) context.passthrough.offered(context.connection.device);
  return (reply) => encodeInit(reply, negotiated);
};

/** What the kernel does not know any more is not open; a RELEASE may be on its way. */
function forgotten({ nodes, passthrough }: RequestContext, id: NodeId, count: number): void {
  const node = nodes.find(id);
  nodes.forget(id, count);
  if (node !== undefined && nodes.find(id) === undefined) passthrough.closed(node);
}

const forget: RequestHandler = (context, request) => {
  forgotten(context, request.nodeid, request.u64(S.FORGET_IN.at.nlookup));
  return 'none';
};

const batchForget: RequestHandler = (context, request) => {
  const count = request.u32(S.BATCH_FORGET_IN.at.count);
  for (let index = 0; index < count; index++) {
    const at = S.BATCH_FORGET_IN.size + index * S.FORGET_ONE.size;
    forgotten(context, request.nodeId(at + S.FORGET_ONE.at.nodeid), request.u64(at + S.FORGET_ONE.at.nlookup));
  }
  return 'none';
};

const interrupt: RequestHandler = (context, request) => {
  context.connection.interrupt(requestId(request.u64(S.INTERRUPT_IN.at.unique)));
  return 'none';
};

/** About open files, or none. */
const OF_HANDLES: ReadonlyMap<number, RequestHandler> = new Map([
  [OPCODE.INIT, init],
  [OPCODE.DESTROY, () => 0],
  [OPCODE.FORGET, forget],
  [OPCODE.BATCH_FORGET, batchForget],
  [OPCODE.INTERRUPT, interrupt],
  [OPCODE.READ, files.read],
  [OPCODE.WRITE, files.write],
  [OPCODE.RELEASE, files.release],
  [OPCODE.RELEASEDIR, files.release],
  [OPCODE.FLUSH, files.flush],
  [OPCODE.FSYNC, files.fsync],
  [OPCODE.FSYNCDIR, files.fsync],
  [OPCODE.LSEEK, files.lseek],
  [OPCODE.READDIR, files.readdir],
  [OPCODE.IOCTL, files.ioctl],
  [FALLOCATE, files.fallocate],
]);

/** About nodes. */
const OF_NODES: ReadonlyMap<number, RequestHandler> = new Map([
  [OPCODE.LOOKUP, names.lookup],
  [OPCODE.MKDIR, names.mkdir],
  [OPCODE.MKNOD, names.mknod],
  [OPCODE.SYMLINK, names.symlink],
  [OPCODE.LINK, names.link],
  [OPCODE.UNLINK, names.unlink],
  [OPCODE.RMDIR, names.rmdir],
  [OPCODE.RENAME, names.rename],
  [OPCODE.RENAME2, names.rename2],
  [OPCODE.GETATTR, attributes.getattr],
  [OPCODE.SETATTR, attributes.setattr],
  [OPCODE.READLINK, attributes.readlink],
  [OPCODE.GETXATTR, attributes.getxattr],
  [OPCODE.LISTXATTR, attributes.listxattr],
  [OPCODE.SETXATTR, attributes.setxattr],
  [OPCODE.REMOVEXATTR, attributes.removexattr],
  [OPCODE.OPEN, files.open],
  [OPCODE.OPENDIR, files.opendir],
  [OPCODE.CREATE, files.create],
  [OPCODE.STATFS, files.statfs],
]);

/** Where the body of a request names another node. */
const SECOND_NODE: ReadonlyMap<number, number> = new Map([
  [OPCODE.LINK, S.LINK_IN.at.oldnodeid],
  [OPCODE.RENAME, S.RENAME_IN.at.newdir],
  [OPCODE.RENAME2, S.RENAME2_IN.at.newdir],
]);

/** At once where nothing is to be found out about who asks. */
function introduced(
  context: RequestContext,
  request: FuseRequest,
  asked: Asked,
  handler: RequestHandler,
): ReturnType<RequestHandler> {
  const known = context.introduce(request);
  if (known === undefined) return withNodes(context, request, asked, handler);
  const copy = request.copy();
  return known.then(() => (asked.answered ? 'none' : withNodes(context, copy, asked, handler)));
}

/** At once where the descriptors of its nodes are there. */
function withNodes(
  context: RequestContext,
  request: FuseRequest,
  asked: Asked,
  handler: RequestHandler,
): ReturnType<RequestHandler> {
  const second = SECOND_NODE.get(request.opcode);
  const ids = second === undefined ? [request.nodeid] : [request.nodeid, request.nodeId(second)];
  const nodes = ids.map((id) => context.node(id)).filter((node) => node !== undefined);
  for (const node of nodes) context.use(asked, node);
  if (nodes.every(({ fd }) => fd >= 0)) return handler(context, request, asked);
  return reopened(context, request.copy(), asked, handler, nodes);
}

async function reopened(
  context: RequestContext,
  request: FuseRequest,
  asked: Asked,
  handler: RequestHandler,
  nodes: readonly BackedNode[],
): Promise<RequestAnswer> {
  for (const node of nodes) if (!(await context.reopen(asked, node))) return ESTALE;
  return handler(context, request, asked);
}

/** ENOSYS for a request that we do not know: the kernel does without. */
export function serving(context: RequestContext): Serve {
  return (request, asked) => {
    const { opcode } = request;
    const ofNodes = OF_NODES.get(opcode);
    const ofHandles = OF_HANDLES.get(opcode);
    if (ofNodes !== undefined) return introduced(context, request, asked, ofNodes);
    return ofHandles === undefined ? ENOSYS : ofHandles(context, request, asked);
  };
}
