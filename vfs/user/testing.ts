/**
 * Helpers of the vfs tests: open a node and talk to its handle in text.
 */
import { bytesOf, textOf } from '../../linux/bytes.ts';
import { E, failed, type Result } from '../../linux/errno.ts';
import { O_RDWR } from '../../linux/fcntl.ts';
import { taskId } from '../../linux/ids.ts';
import { KERNEL_CALLER } from '../tree/caller.ts';
import { type Handle, type Node, Pending, type Position } from '../tree/node.ts';
import * as operations from '../tree/operations.ts';

/** A caller without privileges. */
export const USER = { ...KERNEL_CALLER, ...taskId(100), uid: 1000, gid: 1000, capabilities: 0n, comm: 'user' };

export class TestOpenFile {
  readonly handle: Handle;

  constructor(node: Node, flags = O_RDWR) {
    const handle = operations.open(node, flags, KERNEL_CALLER);
    if (failed(handle)) throw new Error(handle.toString());
    this.handle = handle;
  }

  /** Text that was read, or the code of the errno. */
  read(offset = 0, length = 65536): string {
    const data = operations.read(this.handle, length, { offset }, KERNEL_CALLER);
    if (data instanceof Pending) return E.EAGAIN.code;
    return failed(data) ? data.code : textOf(data);
  }

  /** Bytes taken, or the code of the errno. */
  write(data: string | Uint8Array, at: number | Position = 0): number | string {
    const position = typeof at === 'number' ? { offset: at } : at;
    return code(
      operations.write(this.handle, typeof data === 'string' ? bytesOf(data) : data, position, KERNEL_CALLER),
    );
  }
}

export function code<T>(result: Result<T>): T | string {
  return failed(result) ? result.code : result;
}
