import { readFileSync } from 'node:fs';
import { WorldError } from './errors.ts';
import { type PackedPolicy, unpackPolicy } from './policies/packed.ts';

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

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('unreadable-policy', `The policy ${file} cannot be read: ${reason}.`, 'Check --policy.');
  }
}
