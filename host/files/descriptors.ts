/**
 * System calls on descriptors that Node has no function for; and read(2) and write(2) without Node's overhead, because a server of
 * /dev/fuse makes two of them for each request. Every function returns what the kernel returned: a value, or a negative errno.
 */

import { F_DUPFD_CLOEXEC, LOCK_EX, O_CLOEXEC } from '../../linux/fcntl.ts';
import { koffi } from '../koffi.ts';
import { libc, libcFunction } from '../libc.ts';

/** Called through koffi itself: these two are made for each request, and libcFunction would spread an argument list. */
const readCall = libc.func('long read(int fd, void *buffer, size_t length)');
const writeCall = libc.func('long write(int fd, const void *buffer, size_t length)');
const rawPipe = libcFunction('pipe2', ['void *', 'int']);
const rawDup = libcFunction('dup3', ['int', 'int', 'int']);
const rawFcntl = libcFunction('fcntl', ['int', 'int', 'int']);
const rawFlock = libcFunction('flock', ['int', 'int']);

export function read(fd: number, buffer: Buffer, length: number): number {
  const result: number = readCall(fd, buffer, length);
  return result < 0 ? -koffi.errno() : result;
}

export function write(fd: number, buffer: Buffer, length: number): number {
  const result: number = writeCall(fd, buffer, length);
  return result < 0 ? -koffi.errno() : result;
}

/** @returns `[read end, write end]`, close-on-exec, or a negative errno. */
export function pipe(): readonly [number, number] | number {
  const ends = new Int32Array(2);
  const result = rawPipe(new Uint8Array(ends.buffer), O_CLOEXEC);
  return result < 0 ? result : [ends[0] ?? -1, ends[1] ?? -1];
}

/** Makes descriptor `to` a close-on-exec duplicate of `from`, closing what it was. */
export function duplicateOnto(from: number, to: number): number {
  return rawDup(from, to, O_CLOEXEC);
}

/** @returns a close-on-exec duplicate, or a negative errno. */
export function duplicate(fd: number): number {
  return rawFcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/** Takes an exclusive lock on an open file; waits for it. Closing the descriptor releases it. */
export function lockExclusive(fd: number): number {
  return rawFlock(fd, LOCK_EX);
}
