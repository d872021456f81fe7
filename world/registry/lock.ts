/**
 * Mutual exclusion between lsmfs commands: flock(2) on a directory. The kernel releases it with its holder.
 */
import { libcFunction } from '../../host/libc.ts';
import { LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN } from '../../linux/fcntl.ts';

/** A holder needs milliseconds, unless it is stopped. */
const PATIENCE_MS = 2000;
const POLL_MS = 5;

const flock = libcFunction('flock', ['int', 'int']);

/** @returns what `act` returns, or `false` without calling it when the directory stays locked. */
export function withLock(fd: number, act: () => boolean, patienceMs = PATIENCE_MS): boolean {
  if (!lock(fd, LOCK_EX, patienceMs)) return false;
  try {
    return act();
  } finally {
    flock(fd, LOCK_UN);
  }
}

/** As long as this process lives. */
export function holdLock(fd: number): void {
  lock(fd, LOCK_SH, PATIENCE_MS);
}

/** Does somebody hold it? */
export function isLocked(fd: number): boolean {
  if (flock(fd, LOCK_EX | LOCK_NB) < 0) return true;
  flock(fd, LOCK_UN);
  return false;
}

function lock(fd: number, kind: number, patienceMs: number): boolean {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; flock(fd, kind | LOCK_NB) < 0; waited += POLL_MS) {
    if (waited >= patienceMs) return false;
    Atomics.wait(pause, 0, 0, POLL_MS);
  }
  return true;
}
