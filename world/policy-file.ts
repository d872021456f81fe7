import { readFileSync } from 'node:fs';
import { WorldError } from './errors.ts';

/** A binary policy. @throws WorldError `unreadable-policy`. */
export function readPolicy(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('unreadable-policy', `The policy ${file} cannot be read: ${reason}.`, 'Check --policy.');
  }
}
