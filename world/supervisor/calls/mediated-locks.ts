/**
 * What flock(2) asks the modules: fs/locks.c, Linux 6.12. The kernel's own reasons to refuse come first, and are left to it.
 */

import { LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, O_ACCMODE } from '../../../linux/fcntl.ts';
import { descriptorFlags, onDescriptor } from '../access/calls.ts';
import type { Handler } from '../context.ts';
import { always } from './supervised-call.ts';

const LOCKS: ReadonlySet<number> = new Set([LOCK_SH, LOCK_EX, LOCK_UN]);

/** (descriptor, operation). The modules are asked about unlocking, too. */
const flock: Handler = (context) => {
  const descriptor = context.call.fd(0);
  const lock = context.call.low(1) & ~LOCK_NB;
  if (!LOCKS.has(lock)) return;
  // A file that was opened with access mode 3 is neither read nor written.
  if (lock !== LOCK_UN && (descriptorFlags(context, descriptor) & O_ACCMODE) === O_ACCMODE) return;
  onDescriptor(context, descriptor, (file) => [{ hook: 'fileLock', about: { file } }]);
};

export const calls = always('mediate-files', { flock });
