/**
 * Starts the daemon of a new world.
 *
 * It must not be a child of the command that this process will become: wait(2) of that command would return it. So a shell
 * starts it in the background and ends; the daemon is adopted by init. It gets a session of its own, and from us one end of a socket pair
 * as descriptor 3. It keeps the capabilities that it needs (daemon-capabilities.ts).
 */
import { closeSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errorText } from '../../host/libc.ts';
import { closeAllOnExec, spawnInNewSession, waitForChild } from '../../host/process/process.ts';
import { setSocketTimeout, socketPair } from '../../host/sockets/unix-socket.ts';
import { WorldError } from '../errors.ts';
import { dropOptions } from './daemon-capabilities.ts';
import { isNodeVariable } from './node-variables.ts';
import { PATIENCE_MS } from './patience.ts';
import { ownStatus } from './process-status.ts';

/** Number of the daemon's end of the socket pair. */
export const CHANNEL_FD = 3;
const SHELL = '/bin/sh';
const IN_BACKGROUND = '"$@" &';

/** Beside the bundle this code is in. */
function daemonProgram(): string {
  const file = fileURLToPath(new URL('./daemon.js', import.meta.url));
  if (!existsSync(file)) {
    throw new WorldError('daemon-failed', `${file} is missing.`, 'Build the program: npm run build.');
  }
  return file;
}

/** Without NODE_OPTIONS and the like, which are for the user's programs. */
function daemonEnvironment(): string[] {
  return Object.entries(process.env).flatMap(([name, value]) => (isNodeVariable(name) ? [] : [`${name}=${value}`]));
}

/** @returns our end of the socket pair. */
export function startDaemon(): number {
  const pair = socketPair();
  if (typeof pair === 'number')
    throw new WorldError('daemon-failed', `A socket for the daemon cannot be made: ${errorText(pair)}.`);
  const [ours, theirs] = pair;
  closeAllOnExec();
  const shell = [SHELL, '-c', IN_BACKGROUND, 'lsmfs', process.execPath, daemonProgram()];
  const descriptors = new Map([[theirs, CHANNEL_FD]]);
  const options = dropOptions(ownStatus());
  let status = -1;
  // The shell of setpriv(1) ends with 0 when the daemon runs; any other status, or none, means that setpriv(1) did not get so far.
  if (options.length > 0) status = run('setpriv', ['setpriv', ...options, ...shell], descriptors);
  if (status !== 0) status = run(SHELL, shell, descriptors);
  closeSync(theirs);
  if (status < 0) {
    closeSync(ours);
    throw new WorldError('daemon-failed', `Cannot start the daemon with ${SHELL}: ${errorText(status)}.`);
  }
  setSocketTimeout(ours, PATIENCE_MS);
  return ours;
}

/** @returns its wait status, or a negative errno when it could not be started. */
function run(program: string, argv: readonly string[], descriptors: ReadonlyMap<number, number>): number {
  const pid = spawnInNewSession({ path: program, argv, environment: daemonEnvironment(), descriptors });
  return pid < 0 ? pid : waitForChild(pid);
}
