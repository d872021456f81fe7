/**
 * A program that set-user-ID bits or capabilities of its file make more than its caller: the host's kernel tells no results of its thread
 * any more (perf_event_exit_task() in begin_new_exec() of fs/exec.c, Linux 6.12), so that it runs is the result of execve(2).
 */
import { STAT, statField } from '../../../host/procfs/stat.ts';

/** States of threads in /proc/<tid>/stat. */
const DEAD: readonly string[] = ['Z', 'X'];
/** Of the rest of an execve(2), in which its arguments are put in place; a caller may draw it out. */
const PATIENCE_MS = 50;
const PAUSE_MS = 1;

/**
 * Waits until it has its arguments.
 * @param started when the thread of the call began.
 * @param stat reads /proc/<tid>/stat.
 * @returns the result of its execve(2); `undefined` = it has ended.
 */
export function unfollowedResult(started: string, stat: () => string | undefined): number | undefined {
  const sleep = new Int32Array(new SharedArrayBuffer(4));
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const text = stat();
    if (text === undefined || DEAD.includes(statField(text, STAT.state) ?? '')) return undefined;
    if (statField(text, STAT.startTime) !== started) return undefined;
    if (statField(text, STAT.argumentsEnd) !== '0' || performance.now() >= end) return 0;
    Atomics.wait(sleep, 0, 0, PAUSE_MS);
  }
}
