/**
 * The few system calls on descriptors that Node has no function for, through koffi. Every wrapper returns what the
 * kernel returned: a value, or a negative errno.
 */
import koffi from 'koffi';
import { F_DUPFD_CLOEXEC, LOCK_EX, O_CLOEXEC } from '../../linux/fcntl.ts';

const libc = koffi.load(null);
const readCall = libc.func('long read(int fd, void *buffer, size_t length)');
const writeCall = libc.func('long write(int fd, const void *buffer, size_t length)');
const pipeCall = libc.func('int pipe2(_Out_ int *fds, int flags)');
const dupCall = libc.func('int dup3(int from, int to, int flags)');
const fcntlCall = libc.func('int fcntl(int fd, int command, int argument)');
const flockCall = libc.func('int flock(int fd, int operation)');

function checked(result: number): number {
  return result < 0 ? -koffi.errno() : result;
}

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
  const fds: [number, number] = [-1, -1];
  const result = checked(pipeCall(fds, O_CLOEXEC));
  return result < 0 ? result : fds;
}

/** Makes descriptor `to` a close-on-exec duplicate of `from`, closing what it was. */
export function duplicateOnto(from: number, to: number): number {
  return checked(dupCall(from, to, O_CLOEXEC));
}

/** @returns a close-on-exec duplicate, or a negative errno. */
export function duplicate(fd: number): number {
  return checked(fcntlCall(fd, F_DUPFD_CLOEXEC, 3));
}

/** Takes an exclusive lock on an open file; waits for it. Closing the descriptor releases it. */
export function lockExclusive(fd: number): number {
  return checked(flockCall(fd, LOCK_EX));
}
