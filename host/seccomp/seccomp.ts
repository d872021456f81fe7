/**
 * seccomp(2): installing a filter with a listener, and the listener's ioctls.
 *
 * Source: include/uapi/linux/seccomp.h. The filter applies to the calling thread and all its descendants, for ever. A
 * task may have only one listener in its chain of filters: a second one is EBUSY.
 */

import { SOCK_FILTER_SIZE } from '../../linux/bpf.ts';
import { ERRNO } from '../../linux/errno.ts';
import {
  SECCOMP_FILTER_FLAG_NEW_LISTENER,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
  SECCOMP_SET_MODE_FILTER,
} from '../../linux/seccomp.ts';
import { NR } from '../libc.ts';
import { allocateNative } from '../memory/native-memory.ts';
import { rawSyscall } from '../raw-syscall.ts';

const { EINVAL } = ERRNO;

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
  const listener = install(program, SECCOMP_FILTER_FLAG_NEW_LISTENER);
  return listener >= 0 ? { listener, waitKillable: false } : listener;
}

/** struct sock_fprog { unsigned short len; struct sock_filter *filter; } */
function install(program: Uint8Array, flags: number): number {
  const HEADER = 16;
  const memory = allocateNative(HEADER + program.length);
  memory.view.setUint16(0, program.length / SOCK_FILTER_SIZE, true);
  memory.view.setBigUint64(8, BigInt(memory.address + HEADER), true);
  memory.bytes.set(program, HEADER);
  return rawSyscall(NR.seccomp, SECCOMP_SET_MODE_FILTER, flags, memory.address);
}
