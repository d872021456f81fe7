/**
 * write(2) and pwrite64(2) of zero bytes to our files. The FUSE kernel answers these itself without asking us, but a
 * zero-length write to an attr file clears it and to a transaction file is an error; so it is forwarded on the caller's
 * own open file (fuse/server/handlers/forwarded-write.ts).
 */
import { FORWARD_WRITE_COMMAND, putForwardedWrite } from '../../../fuse/protocol/forwarded-write.ts';
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import type { ArgumentTest } from '../../../host/seccomp/bpf.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { F_GETFL, O_ACCMODE, O_RDONLY } from '../../../linux/fcntl.ts';
import { SEEK_CUR } from '../../../linux/fs.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { copyDescriptor } from '../caller/caller-descriptor.ts';
import type { ProcessStatus } from '../caller/process-status.ts';
import type { Handler, WorkerContext } from '../context.ts';
import type { SupervisedCall } from './supervised-call.ts';

const { ENOTTY } = ERRNO;

const write: Handler = (context) => forward(context, undefined);

const pwrite64: Handler = (context) => forward(context, context.call.low(3) + context.call.high(3) * 2 ** 32);

/** @param offset `undefined` = at the file position */
function forward(context: WorkerContext, offset: number | undefined): void {
  const { call, view } = context;
  const length = call.low(2) + call.high(2);
  if (length !== 0 || !isOurs(context, call.fd(0))) return;
  const status = view.status(call.tid);
  const fd = copyDescriptor(view, call.tid, call.fd(0));
  if (fd < 0) return;
  const onlyReadable = status === undefined || (rawSyscall(NR.fcntl, fd, F_GETFL) & O_ACCMODE) === O_RDONLY;
  const result = onlyReadable ? undefined : forwardOn(context, fd, status, offset);
  view.close(fd);
  // The host returns EBADF, or it is a device node on our filesystem, whose driver does not know our ioctl.
  if (result === undefined || result === -ENOTTY) return;
  if (result < 0) call.fail(-result);
  else call.succeed(result);
}

function forwardOn(
  { call, view }: WorkerContext,
  fd: number,
  status: ProcessStatus,
  offset: number | undefined,
): number {
  const position = offset ?? Math.max(rawSyscall(NR.lseek, fd, 0, SEEK_CUR), 0);
  const caller = { tid: call.tid, uid: status.fsuid, gid: status.fsgid };
  putForwardedWrite(view.resultView, { caller, offset: position });
  return rawSyscall(NR.ioctl, fd, FORWARD_WRITE_COMMAND, view.resultAddress);
}

/** Is the caller's open file on a filesystem of ours? */
export function isOurs({ call, view, devices }: WorkerContext, number: CallerFd): boolean {
  const fd = view.openDescriptor(call.tid, number);
  if (fd < 0) return false;
  const identity = view.identity(fd);
  view.close(fd);
  return identity !== undefined && devices.magic(identity.major, identity.minor) !== 0;
}

const nothing: readonly ArgumentTest[] = [{ argument: 2, is64: 0 }];

export const calls: readonly SupervisedCall[] = [
  { name: 'write', when: 'zero-write', rule: nothing, handle: write },
  { name: 'pwrite64', when: 'zero-write', rule: nothing, handle: pwrite64 },
];
