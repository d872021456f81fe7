/** `lsmfs` itself, for the programs of a world, however it was called. */
import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Has nothing but the command. Beside the directory of the bundle that this code is in. */
const BIN = fileURLToPath(new URL('../bin', import.meta.url));

function isThere(directory: string): boolean {
  try {
    accessSync(`${directory === '' ? '.' : directory}/lsmfs`, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** PATH with `lsmfs` in it: as it is if it has one, or with its directory at the end. An empty one stays so: programs have defaults. */
export function pathWithOwnProgram(path: string | undefined, bin = BIN): string | undefined {
  if (path === undefined || path === '' || path.split(':').some(isThere)) return path;
  return `${path}:${bin}`;
}

/** For the command that this process becomes. */
export function offerOwnProgram(): void {
  const path = pathWithOwnProgram(process.env.PATH);
  if (path !== undefined) process.env.PATH = path;
}
