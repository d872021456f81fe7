/**
 * A supervisor's thread that closes the copy of a caller's socket, and is the last to do so.
 *
 * Model: where the caller has set SO_LINGER, close(2) of the last descriptor waits so long for the other end, which the caller may be,
 * too. By then the socket is closed, and a signal ends the wait (sk_stream_wait_close()), which close(2) does not tell.
 * Worker threads have signals blocked.
 */
import { NR } from '../../host/libc.ts';
import { unblockSignal } from '../../host/process/process.ts';
import { callOf } from '../../host/process/thread-calls.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import type { Tid } from '../../linux/ids.ts';
import { SIGURG } from '../../linux/signal.ts';

/** To be called by the thread, before its waits can be ended. */
export function heedEnds(): void {
  unblockSignal(SIGURG);
}

/** @param thread of ours that waits in the kernel. The signal has a handler (daemon/serve.ts). */
export function endLingering(thread: Tid): void {
  const [call] = callOf(`/proc/self/task/${thread}`);
  if (call === `${NR.close}`) rawSyscall(NR.tgkill, process.pid, thread, SIGURG);
}
