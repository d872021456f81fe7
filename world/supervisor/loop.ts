/**
 * The loop of one worker: receive a call, let its handler answer, until the last process under the filter is gone.
 *
 * Model: the ioctl blocks, which is several times cheaper than poll(2) before each receive. Kernels before 6.11 do not
 * wake it when the last process ends, so there poll comes first. When a handler fails, the kernel continues with the
 * call, so the caller is never left waiting. It also does when reading an argument could block us (waiting-memory.ts).
 */
import { NR } from '../../host/libc.ts';
import { allocateNative } from '../../host/memory/native-memory.ts';
import { WaitingError } from '../../host/process/helper/bounded-calls.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import { ERRNO } from '../../linux/errno.ts';
import { tidOf } from '../../linux/ids.ts';
import { POLLERR, POLLHUP, POLLIN } from '../../linux/poll.ts';
import type { Handler, WorkerContext } from './context.ts';

/** Pause between two looks for a new file. */
const PAUSE_NS = 1_000_000n;
/** No thread has this id. */
const NOBODY = tidOf(-1);
const { EINTR, ENOENT } = ERRNO;

/** struct pollfd: int fd, short events, short revents. */
class ListenerPoll {
  readonly #memory = allocateNative(8);
  /** struct timespec */
  readonly #pause = allocateNative(16);

  constructor(listener: number) {
    this.#memory.view.setInt32(0, listener, true);
    this.#memory.view.setInt16(4, POLLIN, true);
    this.#pause.view.setBigInt64(8, PAUSE_NS, true);
  }

  /** Waits for a call if `block`. @returns `false` when no process is left under the filter. */
  alive(block: boolean): boolean {
    const timeout = block ? 0 : this.#zeroTimeout.address;
    const result = rawSyscall(NR.ppoll, this.#memory.address, 1, timeout, 0, 0);
    if (result < 0) return result === -EINTR;
    return (this.#memory.view.getInt16(6, true) & (POLLHUP | POLLERR)) === 0;
  }

  /** Waits for a call, at most {@link PAUSE_NS}. @returns `false` when there was none. */
  soon(): boolean {
    return rawSyscall(NR.ppoll, this.#memory.address, 1, this.#pause.address, 0, 0) !== 0;
  }

  readonly #zeroTimeout = allocateNative(16);
}

/** @returns why it ended. */
export function serveCalls(
  context: WorkerContext,
  table: readonly (Handler | undefined)[],
  wakesAtEnd: boolean,
): string {
  const { call } = context;
  const poll = new ListenerPoll(call.listener);
  for (;;) {
    // Processes outside of the world can look at files at any time, so new and changed ones are completed without another call.
    while (hasFresh(context) && !poll.soon()) {
      context.newLabels.complete(NOBODY);
      context.guard?.complete(NOBODY);
      context.fileUses?.completeNew(NOBODY);
    }
    if (!wakesAtEnd && !poll.alive(true)) return 'last process gone';
    const received = call.receive();
    if (received === 0) answer(context, table);
    else if (received === -ENOENT && !poll.alive(false)) return 'last process gone';
    else if (received !== -EINTR && received !== -ENOENT) return `receive failed: errno ${-received}`;
  }
}

/** This and {@link answer} run once for each supervised call: they make no objects. */
function hasFresh({ newLabels, fileUses, guard }: WorkerContext): boolean {
  return newLabels.fresh || fileUses?.fresh === true || guard?.fresh === true;
}

function answer(context: WorkerContext, table: readonly (Handler | undefined)[]): void {
  const { call } = context;
  try {
    context.view.forget();
    context.newPrograms.complete(call.tid);
    context.newMounts.complete(call.tid);
    context.changedData.complete(call.tid);
    context.newLabels.complete(call.tid);
    context.guard?.complete(call.tid);
    context.fileUses?.completeNew(call.tid);
    context.emulatedFsContexts.sweep();
    table[call.number]?.(context);
  } catch (error) {
    if (!(error instanceof WaitingError))
      context.log(`system call ${call.number}: ${error instanceof Error ? error.stack : String(error)}`);
  }
  if (!call.answered) reportUse(context);
  if (!call.answered) call.proceed();
}

/** Reports the file uses of a call that no handler has answered. */
function reportUse({ fileUses, log }: WorkerContext): void {
  try {
    fileUses?.report();
  } catch (error) {
    if (!(error instanceof WaitingError)) log(`use of a file: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

/** Since 6.11 a blocked receive returns when the last process under the filter has ended. @param release as of uname(2). */
export function receiveWakesAtEnd(release: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 11);
}
