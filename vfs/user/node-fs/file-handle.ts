/** FileHandle of node:fs/promises: memfs's, which needs no more than callbacks. */
import { createInterface, type Interface } from 'node:readline';
import { FileHandle as MemoryHandle } from '@jsonjoy.com/fs-node';

export class FileHandle extends MemoryHandle {
  readLines(options?: Record<string, unknown>): Interface {
    const input = this.createReadStream(options as never) as unknown as NodeJS.ReadableStream;
    return createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  }
}
