/**
 * Fetches descriptors of other processes, by pidfd, and signals processes of the world, by the numbers that they have now.
 */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { errorText } from '../../../host/libc.ts';
import { openProcess, takeDescriptor } from '../../../host/process/process.ts';
import { ERRNO } from '../../../linux/errno.ts';
import type { Tgid, Tid } from '../../../linux/ids.ts';
import { WorldError } from '../../errors.ts';

/** A duplicate of descriptor `fd` of process `pid`, ours to close. */
export function descriptorOf(pid: Tgid, fd: number): number {
  const pidfd = openProcess(pid);
  const descriptor = pidfd < 0 ? pidfd : takeDescriptor(pidfd, fd);
  if (pidfd >= 0) closeSync(pidfd);
  if (descriptor === -ERRNO.EBADF) {
    throw new WorldError('bad-option', `Descriptor ${fd} is not open.`, `Open it: lsmfs run ... ${fd}>FILE`);
  }
  if (descriptor < 0) {
    throw new WorldError(
      'daemon-failed',
      `Descriptor ${fd} of process ${pid} cannot be taken: ${errorText(descriptor)}.`,
      'This needs Linux 5.6 and CAP_SYS_PTRACE; in a container add `--cap-add SYS_PTRACE`.',
    );
  }
  return descriptor;
}

/** Waits until nobody has the other end of the pipe open, and closes it. */
export function atEnd(pipe: number): Promise<void> {
  const stream = new Socket({ fd: pipe, readable: true, writable: false });
  return new Promise((resolve) => {
    stream.once('close', () => resolve());
    stream.once('error', () => stream.destroy());
    stream.resume();
  });
}

/** A process that has ended already is no error. */
export function kill(pid: Tid, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}
