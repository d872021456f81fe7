/**
 * What flock(2) asks the modules: fs/locks.c, Linux 6.12. The kernel's own reasons to refuse come first, and are left to it.
 */

import { LOCK_NB } from '../../../linux/fcntl.ts';
import { descriptorFlags, onDescriptor } from '../access/calls.ts';
import type { Handler } from '../context.ts';
import { always } from './supervised-call.ts';

const LOCK_UN = 8;
/** LOCK_SH, LOCK_EX, LOCK_UN */
const LOCKS: ReadonlySet<number> = new Set([1, 2, LOCK_UN]);
/** A file that was opened with access mode 3 is neither read nor written. */
const NO_ACCESS = 3;

/** (descriptor, operation). The modules are asked about unlocking, too. */
const flock: Handler = (context) => {
  const descriptor = context.call.int(0);
  const lock = context.call.low(1) & ~LOCK_NB;
  if (!LOCKS.has(lock)) return;
  if (lock !== LOCK_UN && (descriptorFlags(context, descriptor) & NO_ACCESS) === NO_ACCESS) return;
  onDescriptor(context, descriptor, (file) => [{ hook: 'fileLock', about: { file } }]);
};

export const calls = always('mediate-files', { flock });
