/**
 * Processes that a thread descends from.
 *
 * Of a process of another user nothing is read but `status`, which waits for nobody (links to its namespaces may).
 */
import { readFileSync } from 'node:fs';
import { type Tid, tidOf } from '../../../linux/ids.ts';

const MOST = 64;

/** The nearest whose ids are all 0, as we see them, and that is `accepted`. */
export function rootAncestor(
  tid: Tid,
  accepted: (process: Tid) => boolean,
  status: (process: Tid) => string = statusOf,
): Tid | undefined {
  let process = parentIn(status(tid));
  for (let count = 0; count < MOST && process !== undefined; count++) {
    const text = status(process);
    if (/^Uid:\t0\t0\t0\t0$/m.test(text) && accepted(process)) return process;
    process = parentIn(text);
  }
  return undefined;
}

function parentIn(status: string): Tid | undefined {
  const parent = Number(/^PPid:\t(\d+)$/m.exec(status)?.[1] ?? 0);
  return parent === 0 ? undefined : tidOf(parent);
}

function statusOf(process: Tid): string {
  try {
    return readFileSync(`/proc/${process}/status`, 'latin1');
  } catch {
    return ''; // It has ended.
  }
}
