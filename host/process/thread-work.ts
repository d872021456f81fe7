/** Is a thread of ours at work, or does it wait for something that is not? */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Tid } from '../../linux/ids.ts';
import { NR } from '../libc.ts';
import { callOf } from './thread-calls.ts';
import { activityOf } from './thread-patience.ts';

/** Threads that the kernel adds to a process for requests of io_uring(7): `iou-wrk-` and a number of the outermost pid namespace. */
const IO_WORKER = 'iou-wrk-';

/**
 * Does it run, or is it ready to? Or is that so of what it waits for: in io_uring_enter(2) a thread of the
 * kernel's; in futex(2) any other thread of ours, as V8 collects garbage with several, but the main thread, which asks this. One that is
 * not there any more counts as running.
 */
export function isAtWork(tid: Tid, proc = '/proc'): boolean {
  const threads = `${proc}/self/task`;
  const thread = `${threads}/${tid}`;
  if (!existsSync(thread)) return true;
  return [thread, ...waitedFor(thread, threads)].some((directory) => activityOf(directory).runs);
}

function waitedFor(thread: string, threads: string): string[] {
  const [call] = callOf(thread);
  const others = (): string[] => readdirSync(threads).filter((tid) => tid !== `${process.pid}`);
  const directories = (tids: string[]): string[] => tids.map((tid) => `${threads}/${tid}`);
  if (call === `${NR.futex}`) return directories(others());
  if (call !== `${NR.io_uring_enter}`) return [];
  return directories(others()).filter((other) => wordsOf(`${other}/comm`)[0]?.startsWith(IO_WORKER));
}

/** None where there is no such file. */
function wordsOf(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').split(/\s/).filter(Boolean);
  } catch {
    return [];
  }
}
