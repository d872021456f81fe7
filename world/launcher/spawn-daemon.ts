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
/**
 * The first two arguments are options of setpriv(1), which is tried with true(1) first: a failure of setpriv(1) cannot be
 * distinguished from an exit status of the daemon.
 */
const RESTRICTED = '{ setpriv "$1" "$2" true && exec setpriv "$@"; shift 2; exec "$@"; } &';

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
  if (typeof pair === 'number') throw new WorldError('daemon-failed', `socketpair: ${errorText(pair)}.`);
  const [ours, theirs] = pair;
  closeAllOnExec();
  const options = dropOptions(ownStatus());
  const script = options.length === 0 ? IN_BACKGROUND : RESTRICTED;
  const shell = spawnInNewSession({
    path: SHELL,
    argv: ['sh', '-c', script, 'lsmfs', ...options, process.execPath, daemonProgram()],
    environment: daemonEnvironment(),
    descriptors: new Map([[theirs, CHANNEL_FD]]),
  });
  closeSync(theirs);
  if (shell < 0) {
    closeSync(ours);
    throw new WorldError('daemon-failed', `Cannot start the daemon with ${SHELL}: ${errorText(shell)}.`);
  }
  waitForChild(shell);
  setSocketTimeout(ours, PATIENCE_MS);
  return ours;
}
