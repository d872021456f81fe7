/**
 * How a process ended that is not our child: PIDFD_GET_INFO with PIDFD_INFO_EXIT (include/uapi/linux/pidfd.h, since Linux 6.15).
 */

import { PIDFD_GET_INFO } from '../../linux/ioctl.ts';
import { NR } from '../libc.ts';
import { allocateNative } from '../memory/native-memory.ts';
import { rawSyscall } from '../raw-syscall.ts';

const INFO_SIZE = 64;
const INFO_EXIT = 8n;
const EXIT_CODE = 60;

/** @returns status as waitpid(2) has it; `undefined` as long as its parent has not waited for it, and where the host does not tell. */
export function exitStatus(pidfd: number): number | undefined {
  const { address, view } = allocateNative(INFO_SIZE);
  view.setBigUint64(0, INFO_EXIT, true);
  const result = rawSyscall(NR.ioctl, pidfd, PIDFD_GET_INFO, address);
  return result < 0 || (view.getBigUint64(0, true) & INFO_EXIT) === 0n ? undefined : view.getInt32(EXIT_CODE, true);
}
