/** Which handler answers which request of a labelled mount. */
import { BACKED_INIT_FLAGS } from '../../fuse/protocol/flags.ts';
import { requestId } from '../../fuse/protocol/ids.ts';
import { FALLOCATE, OPCODE } from '../../fuse/protocol/opcodes.ts';
import * as S from '../../fuse/protocol/structs.ts';
import { ERRNO } from '../../linux/errno.ts';
import { PAGE_SIZE } from '../../linux/fs.ts';
import { MOST_PAGES, type Serve } from './connection.ts';
import type { Handler, RequestContext } from './context.ts';
import * as attributes from './request-attributes.ts';
import * as files from './request-files.ts';
import * as names from './request-names.ts';

const { ENOSYS, EPROTO } = ERRNO;
const MAJOR = 7;
const MINOR = 45;
const OLDEST_MINOR = 28;
const MAX_BACKGROUND = 64;
const CONGESTION_THRESHOLD = 48;

const init: Handler = (_context, request) => {
  const minor = request.u32(S.INIT_IN.at.minor);
  if (request.u32(S.INIT_IN.at.major) !== MAJOR || minor < OLDEST_MINOR) return EPROTO;
  const flags = request.u32(S.INIT_IN.at.flags) & BACKED_INIT_FLAGS;
  const readahead = request.u32(S.INIT_IN.at.maxReadahead);
  return (reply) => {
    const { at, size } = S.INIT_OUT;
    reply.zero(0, size);
    reply.u32(at.major, MAJOR);
    reply.u32(at.minor, Math.min(minor, MINOR));
    reply.u32(at.maxReadahead, readahead);
    reply.u32(at.flags, flags);
    reply.u16(at.maxBackground, MAX_BACKGROUND);
    reply.u16(at.congestionThreshold, CONGESTION_THRESHOLD);
    reply.u32(at.maxWrite, MOST_PAGES * PAGE_SIZE);
    reply.u32(at.timeGran, 1);
    reply.u16(at.maxPages, MOST_PAGES);
    return size;
  };
};

const forget: Handler = (context, request) => {
  context.nodes.forget(request.nodeid, request.u64(S.FORGET_IN.at.nlookup));
  return 'none';
};

const batchForget: Handler = (context, request) => {
  const count = request.u32(S.BATCH_FORGET_IN.at.count);
  for (let index = 0; index < count; index++) {
    const at = S.BATCH_FORGET_IN.size + index * S.FORGET_ONE.size;
    context.nodes.forget(request.nodeId(at + S.FORGET_ONE.at.nodeid), request.u64(at + S.FORGET_ONE.at.nlookup));
  }
  return 'none';
};

const interrupt: Handler = (context, request) => {
  context.connection.interrupt(requestId(request.u64(S.INTERRUPT_IN.at.unique)));
  return 'none';
};

const HANDLERS: ReadonlyMap<number, Handler> = new Map([
  [OPCODE.INIT, init],
  [OPCODE.DESTROY, () => 0],
  [OPCODE.FORGET, forget],
  [OPCODE.BATCH_FORGET, batchForget],
  [OPCODE.INTERRUPT, interrupt],
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
  [OPCODE.STATFS, files.statfs],
  [FALLOCATE, files.fallocate],
]);

/** ENOSYS for a request that we do not know: the kernel does without. */
export function serving(context: RequestContext): Serve {
  return (request, asked) => HANDLERS.get(request.opcode)?.(context, request, asked) ?? ENOSYS;
}
