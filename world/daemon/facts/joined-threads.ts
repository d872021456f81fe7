/**
 * Threads that the kernel does not count any more, though their exit events have not come.
 *
 * Model: pthread_join(3) returns when the thread is on its way out (PF_EXITING); its exit event comes a moment later. A process
 * that changes its label then counts as single-threaded. One other thread that lives is enough to know that it does not, so of
 * many threads few are looked at.
 */
import type { Tid } from '../../../linux/ids.ts';

/** @param own the thread that changes the label. @returns others that have ended, all of them if none lives. */
export function joinedThreads(threads: Iterable<Tid>, own: Tid, isEnding: (tid: Tid) => boolean): Tid[] {
  const ended: Tid[] = [];
  for (const tid of threads) {
    if (tid === own) continue;
    if (!isEnding(tid)) break;
    ended.push(tid);
  }
  return ended;
}
