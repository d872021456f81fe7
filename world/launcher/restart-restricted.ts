/**
 * `lsmfs mount` serves in the foreground, so it is no child that could be started with less (spawn-daemon.ts): this
 * process executes its own program again, by way of setpriv(1), and keeps its number.
 */
import { spawnSync } from 'node:child_process';
import { becomeCommand, setCloseOnExec } from '../../host/process/process.ts';
import { dropOptions } from './daemon-capabilities.ts';
import { ownStatus } from './process-status.ts';

/** Returns in a process that has no more than the table says, or where setpriv(1) is missing or refused. */
export function restartRestricted(needed: readonly number[] = []): void {
  const options = dropOptions(ownStatus(), needed);
  if (options.length === 0 || spawnSync('setpriv', [...options, 'true']).status !== 0) return;
  for (const fd of [0, 1, 2]) setCloseOnExec(fd, false); // Node has set it
  becomeCommand(['setpriv', ...options, process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
}
