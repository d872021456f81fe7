/** Would the kernel read and write files for a server here? Asked by a superblock that is attached nowhere. */
import { closeSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { read, write } from '../../host/files/descriptors.ts';
import { NR } from '../../host/libc.ts';
import { allocateNative, putString } from '../../host/memory/native-memory.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import { ERRNO } from '../../linux/errno.ts';
import { MFD_CLOEXEC } from '../../linux/mman.ts';
import { BACKED_INIT_FLAGS } from '../protocol/flags.ts';
import { encodeInit, negotiate } from '../protocol/init.ts';
import { FuseReply } from '../protocol/reply.ts';
import { FuseRequest } from '../protocol/request.ts';
import { IN_HEADER } from '../protocol/structs.ts';
import { BackingNumbers } from './backing.ts';
import { createRequestBuffer } from './connection.ts';
import { MountError, openServedSuperblock } from './superblock.ts';

const MAX_PAGES = 32;

/** @returns why not; `undefined` = it would. */
export function passthroughProblem(): string | undefined {
  let device = -1;
  try {
    const { mountFd } = openServedSuperblock({
      connect: (fd) => {
        device = fd;
        return { start: () => {}, close: () => {} };
      },
      maxPages: MAX_PAGES,
      source: 'none',
      subtype: 'lsmfs',
    });
    if (mountFd === undefined) return 'fsopen(2) is missing or refused';
    const problem = problemOf(device);
    closeSync(mountFd);
    return problem;
  } catch (error) {
    if (!(error instanceof MountError)) throw error;
    return error.message;
  } finally {
    if (device >= 0) closeSync(device);
  }
}

function problemOf(device: number): string | undefined {
  const buffer = createRequestBuffer(MAX_PAGES);
  const request = new FuseRequest(buffer);
  if (!request.accept(read(device, buffer, buffer.length))) return 'no FUSE_INIT';
  const negotiated = negotiate(request, BACKED_INIT_FLAGS, MAX_PAGES, 1);
  if (negotiated === undefined || negotiated.stackDepth === 0) return 'the kernel has no FUSE_PASSTHROUGH';
  const reply = new FuseReply();
  const body = encodeInit(reply, negotiated);
  const length = reply.finish(buffer.subarray(0, IN_HEADER.size), 0, body);
  write(device, reply.buffer.subarray(0, length), length);
  const file = rawSyscall(NR.memfd_create, putString(allocateNative(8), 0, 'file'), MFD_CLOEXEC);
  if (file < 0) return `memfd_create: ${getSystemErrorName(file)}`;
  const id = new BackingNumbers().open(device, file);
  closeSync(file);
  if (id > 0) return undefined;
  if (id === -ERRNO.EPERM) return 'no CAP_SYS_ADMIN in the initial user namespace';
  return `FUSE_DEV_IOC_BACKING_OPEN: ${getSystemErrorName(id)}`;
}
