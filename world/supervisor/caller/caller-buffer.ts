/** A piece of the caller's memory that a call returns something in. */
import { ERRNO } from '../../../linux/errno.ts';
import type { WorkerContext } from '../context.ts';

const { EFAULT, ERANGE } = ERRNO;

export interface CallerBuffer {
  readonly low: number;
  readonly high: number;
  /** 0 asks for the length only. */
  readonly size: number;
}

/** @returns the number of bytes, or a negative errno. @throws WaitingError */
export function giveBytes(
  { call, memory }: Pick<WorkerContext, 'call' | 'memory'>,
  data: Uint8Array,
  { low, high, size }: CallerBuffer,
): number {
  if (size === 0) return data.length;
  if (size < data.length) return -ERANGE;
  return memory.write(call.tid, low, high, data) ? data.length : -EFAULT;
}
