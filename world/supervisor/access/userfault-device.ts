/** /dev/userfaultfd: what ioctl(2) on it asks beside the file: new_userfaultfd() of fs/userfaultfd.c, Linux 6.12. */
import { MISC_MAJOR } from '../../../linux/devices.ts';
import { AT_FDCWD, O_CLOEXEC, O_NONBLOCK } from '../../../linux/fcntl.ts';
import { USERFAULTFD_IOC_NEW } from '../../../linux/ioctl.ts';
import { UFFD_USER_MODE_ONLY } from '../../../linux/mman.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { deviceOfNode } from '../caller/device-node.ts';
import type { WorkerContext } from '../context.ts';

/** Flags of userfaultfd(2). */
export const USERFAULT_FLAGS = UFFD_USER_MODE_ONLY | O_CLOEXEC | O_NONBLOCK;

export const newUserfault: AccessCheck = { hook: 'inodeInitSecurityAnon', about: { kind: '[userfaultfd]' } };

/** @param file descriptor of ours of the device. */
export function userfaultCall(context: WorkerContext, command: number, file: number): readonly AccessCheck[] {
  const { call, view } = context;
  if (command !== USERFAULTFD_IOC_NEW || (call.low(2) & ~USERFAULT_FLAGS) !== 0) return [];
  const minor = /^ *(\d+) userfaultfd$/m.exec(view.readFile(AT_FDCWD, '/proc/misc') ?? '')?.[1];
  return minor !== undefined && deviceOfNode(view, file) === `${MISC_MAJOR}:${minor}` ? [newUserfault] : [];
}
