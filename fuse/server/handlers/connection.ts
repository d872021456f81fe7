/** INIT, DESTROY, STATFS, INTERRUPT: requests about the connection as a whole. */
import { E } from '../../../linux/errno.ts';
import { NAME_MAX, PAGE_SIZE } from '../../../linux/fs.ts';
import { WANTED_INIT_FLAGS } from '../../protocol/flags.ts';
import { requestId } from '../../protocol/ids.ts';
import { encodeInit, negotiate } from '../../protocol/init.ts';
import { INTERRUPT_IN, STATFS_OUT } from '../../protocol/structs.ts';
import { NO_REPLY, type RequestHandler } from '../session.ts';

export const init: RequestHandler = (session, request, reply) => {
  const negotiated = negotiate(request, WANTED_INIT_FLAGS, session.maxPages);
  if (negotiated === undefined) return E.EPROTO;
  session.negotiated(negotiated.maxPages);
  return encodeInit(reply, negotiated);
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
