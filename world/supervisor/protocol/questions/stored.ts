import { failed } from '../../../../linux/errno.ts';
import type { SyscallAnswer } from '../../../../lsm/framework/syscalls.ts';
import type { ErrnoAnswer } from './question.ts';

/** Return value of a system call and the data that it stores in the caller's memory, which it may do even when it fails. */
export interface StoredAnswer extends ErrnoAnswer {
  readonly result?: number;
  /** New value of the `*size` argument. */
  readonly size?: number;
  /** For the buffer. */
  readonly data?: Uint8Array;
}

export function storedOf({ result, size, data }: SyscallAnswer): StoredAnswer {
  const returned = failed(result) ? { errno: result.number } : { errno: 0, result };
  return { ...returned, ...(size !== undefined && { size }), ...(data && { data }) };
}
