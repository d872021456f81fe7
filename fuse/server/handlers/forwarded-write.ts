/**
 * A write(2) of zero bytes, forwarded.
 *
 * The FUSE kernel answers such a write itself, but some pseudo-files give it a meaning or an error. A supervisor that
 * gets the notified system call forwards it as an ioctl on the same open file, from a thread of our own process, with the
 * caller's ids. From other processes, and for other commands, the ioctl fails with ENOTTY.
 */
import { E, failed } from '../../../linux/errno.ts';
import { write as vfsWrite } from '../../../vfs/tree/operations.ts';
import { FORWARD_WRITE_COMMAND, forwardedWriteIn } from '../../protocol/forwarded-write.ts';
import { IOCTL_IN, IOCTL_OUT } from '../../protocol/structs.ts';
import type { RequestHandler } from '../session.ts';

export const ioctl: RequestHandler = (session, request, reply) => {
  if (request.u32(IOCTL_IN.at.cmd) !== FORWARD_WRITE_COMMAND) return E.ENOTTY;
  if (session.caller(request).tgid !== process.pid) return E.ENOTTY;
  const file = session.files.file(request.fileHandle(IOCTL_IN.at.fh));
  if (file === undefined) return E.EBADF;
  const { caller, offset } = forwardedWriteIn(request, IOCTL_IN.size);
  Object.assign(request, caller);
  const at = { offset: file.position === undefined ? offset : file.position.locate('write', offset) };
  const count = vfsWrite(file.handle, new Uint8Array(0), at, session.caller(request));
  if (failed(count)) return count;
  reply.u32(IOCTL_OUT.at.result, count);
  reply.u32(IOCTL_OUT.at.flags, 0);
  reply.u32(IOCTL_OUT.at.inIovs, 0);
  reply.u32(IOCTL_OUT.at.outIovs, 0);
  return IOCTL_OUT.size;
};
