import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import type { PolicyStores } from '../lsm/framework/host-side.ts';
import { WorldError } from './errors.ts';
import { FOOTER, hasStore, type PackedPolicy, unpackPolicy } from './policies/packed.ts';

/** A binary policy, without what is packed behind it. @throws WorldError `unreadable-policy`. */
export function readPolicy(file: string): Uint8Array {
  return readPackedPolicy(file).image;
}

/** With the store that is packed behind it. @throws WorldError `unreadable-policy`. */
export function readPackedPolicy(file: string): PackedPolicy {
  const found = unpackPolicy(read(file));
  if (found !== undefined) return found;
  throw new WorldError(
    'unreadable-policy',
    `What is packed behind the policy ${file} is damaged.`,
    'Make it again: lsmfs policy build.',
  );
}

/** Bytes of an image that say what it is. */
const START = 64;

/** Has the file a store behind its policy? What cannot be read has none. */
export function isPacked(file: string): boolean {
  try {
    const fd = openSync(file, 'r');
    try {
      const end = Buffer.alloc(FOOTER);
      return readSync(fd, end, 0, FOOTER, Math.max(0, fstatSync(fd).size - FOOTER)) === FOOTER && hasStore(end);
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

/** Why a file has no policy that a world could load, a clause; `undefined` = it may have one. */
export function unloadable(file: string, stores: Pick<PolicyStores, 'unloadable'>): string | undefined {
  try {
    const fd = openSync(file, 'r');
    try {
      const start = Buffer.alloc(START);
      return stores.unloadable(start.subarray(0, readSync(fd, start, 0, START, 0)));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}

function read(file: string): Uint8Array {
  try {
    // Any other kind could be waited for without end; a directory is an error by itself.
    const found = statSync(file);
    if (!found.isFile() && !found.isDirectory()) {
      throw new WorldError('unreadable-policy', `The policy ${file} is not a regular file.`, 'Check --policy.');
    }
    return readFileSync(file);
  } catch (error) {
    if (error instanceof WorldError) throw error;
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('unreadable-policy', `The policy ${file} cannot be read: ${reason}.`, 'Check --policy.');
  }
}
