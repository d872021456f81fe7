/**
 * Becomes the command: undoes the changes that Node made to this process, then calls execve(2).
 *
 * execve(2) resets handlers and ends Node's other threads; ignored signals, the signal mask, limits and close-on-exec flags survive it and
 * have to be restored.
 */
import { writeSync } from 'node:fs';
import { errorText } from '../../host/libc.ts';
import {
  becomeCommand,
  filesCalled,
  getLimit,
  setCloseOnExec,
  setLimit,
  setSignalIgnored,
  unblockSignals,
} from '../../host/process/process.ts';
import { ERRNO } from '../../linux/errno.ts';
import { RLIMIT_NOFILE } from '../../linux/process.ts';
import { LAST_SIGNAL } from '../../linux/signal.ts';
import type { InheritedState } from './inherited.ts';
import { offerOwnProgram } from './own-program.ts';

/** KILL and STOP cannot be changed; 32 and 33 belong to the C library. */
const UNCHANGEABLE = [9, 19, 32, 33];

export const EXIT_NOT_EXECUTABLE = 126;
export const EXIT_NOT_FOUND = 127;

export function restore(inherited: InheritedState): void {
  for (const fd of inherited.descriptors) setCloseOnExec(fd, false);
  for (let signal = 1; signal <= LAST_SIGNAL; signal++) {
    if (!UNCHANGEABLE.includes(signal)) setSignalIgnored(signal, inherited.ignoredSignals.includes(signal));
  }
  const limit = getLimit(0, RLIMIT_NOFILE);
  if (limit !== undefined && inherited.openFiles !== undefined && inherited.openFiles < limit.soft) {
    setLimit(RLIMIT_NOFILE, { soft: inherited.openFiles, hard: limit.hard });
  }
  unblockSignals();
}

/** Exit status for an exec that failed, as the shells and env(1) have it. */
export function exitStatusOf(errno: number): number {
  return errno === ERRNO.ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

/** What a launcher becomes. */
export interface Command {
  readonly argv: readonly string[];
  /** Programs that it may be, by PATH. */
  readonly files: readonly string[];
}

/** With `lsmfs` itself on its PATH. A launcher calls it before it is supervised: later each look at a file is a question. */
export function findCommand(argv: readonly string[]): Command {
  offerOwnProgram();
  return { argv, files: filesCalled(argv[0]) };
}

/** Never returns: this process is the command afterwards, or ends with 126 or 127. @param errors descriptor for what is wrong. */
export function become({ argv, files }: Command, inherited: InheritedState, errors = 2): never {
  restore(inherited);
  const errno = -becomeCommand(argv, files);
  writeSync(
    errors,
    `lsmfs: cannot run '${argv[0]}': ${errorText(errno)}
`,
  );
  process.exit(exitStatusOf(errno));
}
