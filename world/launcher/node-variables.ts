/**
 * Variables of the environment that change what Node does, and are meant for the command: the start script gives them
 * other names before Node sees them, so that a `--require` in NODE_OPTIONS, say, is not loaded into the launcher.
 */
const PREFIX = 'LSMFS_VARIABLE_';

/** Restores the names that the user used. */
export function restoreVariables(environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX)) continue;
    environment[name.slice(PREFIX.length)] = value;
    delete environment[name];
  }
}

/** Renames them again, for an intermediate program. */
export function hideVariables(environment: NodeJS.ProcessEnv, names: readonly string[]): void {
  for (const name of names) {
    const value = environment[name];
    if (value === undefined) continue;
    environment[`${PREFIX}${name}`] = value;
    delete environment[name];
  }
}

/** Is it one for Node, OpenSSL in it, or libuv? */
export function isNodeVariable(name: string): boolean {
  return /^(?:NODE_|UV_|LSMFS_VARIABLE_)/.test(name) || name === 'OPENSSL_CONF';
}
