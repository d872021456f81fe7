/**
 * Time limit for a sign of life of a daemon: two seconds, not counting the time in which it was runnable and other
 * processes had the processors.
 */
import { readFileSync } from 'node:fs';

const PATIENCE_MS = 2000;

export class DaemonPatience {
  readonly #pid: number;
  readonly #begin = performance.now();
  readonly #delayed: number;

  constructor(pid: number) {
    this.#pid = pid;
    this.#delayed = waitedForProcessorMs(pid);
  }

  get isOver(): boolean {
    const delayed = waitedForProcessorMs(this.#pid) - this.#delayed;
    return performance.now() - this.#begin - delayed >= PATIENCE_MS;
  }
}

/** Run delay of the first thread of a process, which answers; 0 without CONFIG_SCHED_INFO. */
function waitedForProcessorMs(pid: number): number {
  try {
    const [, waited = '0'] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ');
    return Number(waited) / 1e6;
  } catch {
    return 0;
  }
}
