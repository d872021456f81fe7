/**
 * The scheduling policy (sched(7)) of a thread that receives calls: until a call is received a signal of the caller interrupts it, also one
 * that a kernel never interrupts (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV keeps signals off from then on only).
 *
 * Model: the window is the wait of this thread for a processor. So it has the lowest real-time priority while it receives,
 * lets a known call go on and answers, microseconds each; what the handlers decide takes longer, and is done as any other
 * thread would do it. What the thread forks is no real-time process. Without CAP_SYS_NICE or RLIMIT_RTPRIO it stays as it is.
 */
import { NR } from '../../host/libc.ts';
import { allocateNative } from '../../host/memory/native-memory.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import { SCHED_FIFO, SCHED_NORMAL, SCHED_RESET_ON_FORK } from '../../linux/process.ts';

/** As {@link rawSyscall} with this number; 0 = it worked. */
export type SetScheduler = (policy: number, priority: number) => number;

function setScheduler(): SetScheduler {
  const parameter = allocateNative(4); // struct sched_param
  return (policy, priority) => {
    parameter.view.setInt32(0, priority, true);
    return rawSyscall(NR.sched_setscheduler, 0, policy, parameter.address);
  };
}

export class Urgency {
  readonly #set: SetScheduler;
  #isRaised = false;
  #isAllowed = true;

  constructor(set = setScheduler()) {
    this.#set = set;
  }

  raise(): void {
    if (this.#isRaised || !this.#isAllowed) return;
    this.#isRaised = this.#set(SCHED_FIFO | SCHED_RESET_ON_FORK, 1) === 0;
    this.#isAllowed = this.#isRaised;
  }

  lower(): void {
    if (!this.#isRaised) return;
    // With the flag, which only CAP_SYS_NICE may take off again.
    this.#isRaised = this.#set(SCHED_NORMAL | SCHED_RESET_ON_FORK, 0) !== 0;
  }
}
