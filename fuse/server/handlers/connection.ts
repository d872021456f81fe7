/** INIT, DESTROY, STATFS, INTERRUPT: requests about the connection as a whole. */
import { E } from '../../../linux/errno.ts';
import { NAME_MAX, PAGE_SIZE } from '../../../linux/fs.ts';
import { INIT, WANTED_INIT_FLAGS } from '../../protocol/flags.ts';
import { requestId } from '../../protocol/ids.ts';
import { INIT_IN, INIT_OUT, INTERRUPT_IN, STATFS_OUT } from '../../protocol/structs.ts';
import { NO_REPLY, type RequestHandler } from '../session.ts';

const MAJOR = 7;
/** The newest minor version whose structs we use as they are in structs.ts; the kernel speaks the lower of both. */
const MINOR = 45;
/** Older kernels have shorter structs and no big writes. Linux 4.20. */
const OLDEST_MINOR = 28;
const MAX_BACKGROUND = 64;
const CONGESTION_THRESHOLD = 48;
/** What a kernel without MAX_PAGES uses. */
const DEFAULT_MAX_PAGES = 32;

export const init: RequestHandler = (session, request, reply) => {
  const at = INIT_OUT.at;
  const minor = request.u32(INIT_IN.at.minor);
  if (request.u32(INIT_IN.at.major) !== MAJOR || minor < OLDEST_MINOR) return E.EPROTO;
  const flags = request.u32(INIT_IN.at.flags) & WANTED_INIT_FLAGS;
  const maxPages = (flags & INIT.MAX_PAGES) === 0 ? DEFAULT_MAX_PAGES : session.maxPages;
  session.negotiated(maxPages);
  reply.zero(0, INIT_OUT.size);
  reply.u32(at.major, MAJOR);
  reply.u32(at.minor, Math.min(minor, MINOR));
  reply.u32(at.maxReadahead, request.u32(INIT_IN.at.maxReadahead));
  reply.u32(at.flags, flags);
  reply.u16(at.maxBackground, MAX_BACKGROUND);
  reply.u16(at.congestionThreshold, CONGESTION_THRESHOLD);
  reply.u32(at.maxWrite, maxPages * PAGE_SIZE);
  reply.u32(at.timeGran, 1);
  reply.u16(at.maxPages, maxPages);
  return INIT_OUT.size;
};

export const destroy: RequestHandler = () => 0;

/** The file system type and magic are the kernel's FUSE ones whatever we answer; only sizes are ours, and pseudo-filesystems have none. */
export const statfs: RequestHandler = (_session, _request, reply) => {
  reply.zero(0, STATFS_OUT.size);
  reply.u32(STATFS_OUT.at.bsize, PAGE_SIZE);
  reply.u32(STATFS_OUT.at.namelen, NAME_MAX);
  reply.u32(STATFS_OUT.at.frsize, PAGE_SIZE);
  return STATFS_OUT.size;
};

export const interrupt: RequestHandler = (session, request) => {
  session.deferrals.interrupt(requestId(request.u64(INTERRUPT_IN.at.unique)));
  return NO_REPLY;
};
