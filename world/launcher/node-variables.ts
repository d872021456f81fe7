/**
 * Variables of the environment that change what Node does, and are meant for the command: the start script gives them
 * other names before Node sees them, so that a `--require` in NODE_OPTIONS, say, is not loaded into the launcher.
 */
const PREFIX = 'LSMFS_VARIABLE_';

/**
 * Restores the names that the user used, of such variables alone: a program that cleans the environment, as sudo(8) does of
 * LD_PRELOAD, does not know the other names.
 */
export function restoreVariables(environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX)) continue;
    const original = name.slice(PREFIX.length);
    if (isForNode(original)) environment[original] = value;
    delete environment[name];
  }
}

/** Is it one for Node, OpenSSL in it, or libuv, by either name? */
export function isNodeVariable(name: string): boolean {
  return isForNode(name) || name.startsWith(PREFIX);
}

function isForNode(name: string): boolean {
  return /^(?:NODE_|UV_)/.test(name) || name === 'OPENSSL_CONF';
}
