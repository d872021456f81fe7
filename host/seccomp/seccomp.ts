/**
 * seccomp(2): installing a filter with a listener, and the listener's ioctls.
 *
 * Source: include/uapi/linux/seccomp.h. The filter applies to the calling thread and all its descendants, for ever. A task may have only one
 * listener in its chain of filters: a second one is EBUSY.
 */

import { NR } from '../libc.ts';
import { allocateNative } from '../memory/native-memory.ts';
import { rawSyscall } from '../raw-syscall.ts';
import { INSTRUCTION_SIZE } from './bpf.ts';

const SECCOMP_SET_MODE_FILTER = 1;
const SECCOMP_FILTER_FLAG_NEW_LISTENER = 8;
const SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 32;
const EINVAL = 22;

/** _IOWR('!', 0, struct seccomp_notif), 80 bytes. */
export const SECCOMP_IOCTL_NOTIF_RECV = 0xc0502100;
/** _IOWR('!', 1, struct seccomp_notif_resp), 24 bytes. */
export const SECCOMP_IOCTL_NOTIF_SEND = 0xc0182101;
/** _IOW('!', 3, struct seccomp_notif_addfd), 24 bytes. */
export const SECCOMP_IOCTL_NOTIF_ADDFD = 0x40182103;
/** _IOW('!', 4, __u64), since 6.6 */
export const SECCOMP_IOCTL_NOTIF_SET_FLAGS = 0x40082104;
/** Is the call with this id still waiting? Its thread may have been killed and the thread id given to another. */
export const SECCOMP_IOCTL_NOTIF_ID_VALID = 0x40082102;
export const SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP = 1;
export const SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1;
export const SECCOMP_ADDFD_FLAG_SEND = 2;

export interface InstalledFilter {
  /** Descriptor of the listener, close-on-exec. */
  readonly listener: number;
  /**
   * A call that the supervisor has begun with is not repeated when a signal arrives. `false` before Linux 5.19: there a signal at the wrong
   * moment makes the kernel run a call (a mount, an attr write) a second time.
   */
  readonly waitKillable: boolean;
}

/**
 * Puts the calling thread under `program` (bpf.ts).
 * @returns a negative errno on failure: EACCES without CAP_SYS_ADMIN and no_new_privs, EBUSY under another supervisor.
 */
export function installFilter(program: Uint8Array): InstalledFilter | number {
  const killable = install(program, SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
  if (killable >= 0) return { listener: killable, waitKillable: true };
  if (killable !== -EINVAL) return killable;
  const plain = install(program, SECCOMP_FILTER_FLAG_NEW_LISTENER);
  return plain >= 0 ? { listener: plain, waitKillable: false } : plain;
}

/** struct sock_fprog { unsigned short len; struct sock_filter *filter; } */
function install(program: Uint8Array, flags: number): number {
  const HEADER = 16;
  const memory = allocateNative(HEADER + program.length);
  memory.view.setUint16(0, program.length / INSTRUCTION_SIZE, true);
  memory.view.setBigUint64(8, BigInt(memory.address + HEADER), true);
  memory.bytes.set(program, HEADER);
  return rawSyscall(NR.seccomp, SECCOMP_SET_MODE_FILTER, flags, memory.address);
}
