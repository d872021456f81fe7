/** Is a thread of ours at work, or does it wait for something that is not? */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Tid } from '../../linux/ids.ts';
import { activityOf } from './thread-patience.ts';

/** Threads that the kernel adds to a process for requests of io_uring(7): `iou-wrk-` and a number of the outermost pid namespace. */
const IO_WORKER = 'iou-wrk-';

/**
 * Does it run, or is it ready to? Or is that so of a helper (host/process/helper) that it waits for, or of a thread that the kernel
 * works with on io_uring, whosoever requests? One that is not there any more counts as running.
 */
export function isAtWork(tid: Tid, proc = '/proc'): boolean {
  const thread = `${proc}/self/task/${tid}`;
  return (
    !existsSync(thread) ||
    [thread, ...childrenOf(thread).map((pid) => `${proc}/${pid}`), ...ioWorkers(`${proc}/self/task`)].some(
      (directory) => activityOf(directory).runs,
    )
  );
}

/** Without CONFIG_PROC_CHILDREN none are known. */
function childrenOf(thread: string): string[] {
  return textOf(`${thread}/children`)
    .split(' ')
    .filter((pid) => pid !== '');
}

function ioWorkers(threads: string): string[] {
  return readdirSync(threads)
    .map((tid) => `${threads}/${tid}`)
    .filter((thread) => textOf(`${thread}/comm`).startsWith(IO_WORKER));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1').trim();
  } catch {
    return '';
  }
}
