/**
 * Mutual exclusion between lsmfs commands: flock(2) on a directory. The kernel releases it with its holder.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { libcFunction } from '../../host/libc.ts';
import { LOCK_EX, LOCK_NB, LOCK_SH } from '../../linux/fcntl.ts';

/** A holder needs milliseconds, unless it is stopped. */
const PATIENCE_MS = 2000;
const POLL_MS = 5;

const flock = libcFunction('flock', ['int', 'int']);

/** @returns what `act` returns, or `false` without calling it when the directory was removed or stays locked. */
export function withLock(directory: string, act: () => boolean, patienceMs = PATIENCE_MS): boolean {
  return whileOpen(directory, (fd) => lock(fd, patienceMs) && act());
}

/** Locks the directory as long as this process lives; {@link isHeld} shows that in every pid namespace. */
export function holdDirectory(directory: string): void {
  lock(openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY), PATIENCE_MS, LOCK_SH);
}

export function isHeld(directory: string): boolean {
  return whileOpen(directory, (fd) => flock(fd, LOCK_EX | LOCK_NB) < 0);
}

/** @returns what `act` returns, `false` for a directory that cannot be opened. */
function whileOpen(directory: string, act: (fd: number) => boolean): boolean {
  let fd: number;
  try {
    fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return false;
  }
  try {
    return act(fd);
  } finally {
    closeSync(fd);
  }
}

function lock(fd: number, patienceMs: number, kind = LOCK_EX): boolean {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; flock(fd, kind | LOCK_NB) < 0; waited += POLL_MS) {
    if (waited >= patienceMs) return false;
    Atomics.wait(pause, 0, 0, POLL_MS);
  }
  return true;
}
