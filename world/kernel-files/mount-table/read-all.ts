/**
 * Reads the present text of an open procfs file: a read from position 0 generates it anew.
 *
 * An open mountinfo belongs to the mount namespace and root directory that its process had, and remains valid after the process has ended.
 */
import { readSync } from 'node:fs';

const CHUNK = 1 << 16;

/** latin-1. */
export function readAll(fd: number): string {
  const chunks: Buffer[] = [];
  for (let position = 0; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const count = readSync(fd, chunk, 0, CHUNK, position);
    if (count === 0) return Buffer.concat(chunks).toString('latin1');
    chunks.push(chunk.subarray(0, count));
    position += count;
  }
}
