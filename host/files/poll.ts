/**
 * poll(2) without waiting.
 */

import { POLLERR, POLLHUP } from '../../linux/poll.ts';
import { NR } from '../libc.ts';
import { allocateNative } from '../memory/native-memory.ts';
import { rawSyscall } from '../raw-syscall.ts';

/** struct pollfd: int fd, short events, short revents; a timespec of zero follows. */
const POLLFD = 8;
const TIMESPEC = 16;

/** Is there nobody any more at the other end of a pipe, socket or terminal? */
export function isAbandoned(fd: number): boolean {
  return (new InstantPoll().events(fd, 0) & (POLLERR | POLLHUP)) !== 0;
}

export class InstantPoll {
  readonly #memory = allocateNative(POLLFD + TIMESPEC);

  /** Those of `events` (and POLLERR, POLLHUP) that are there now; 0 also when it cannot be told. */
  events(fd: number, events: number): number {
    const { view, address } = this.#memory;
    view.setInt32(0, fd, true);
    view.setInt16(4, events, true);
    const ready = rawSyscall(NR.ppoll, address, 1, address + POLLFD, 0, 0);
    return ready > 0 ? view.getInt16(6, true) : 0;
  }
}
