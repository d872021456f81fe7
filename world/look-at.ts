/** A file that a user named, before it is used. */
import { type Stats, statSync } from 'node:fs';
import { WorldError } from './errors.ts';

/** @returns `undefined` where there is none. @throws WorldError where that cannot be known. */
export function lookAt(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError(
      'bad-option',
      `${file} cannot be looked at: ${reason}.`,
      'Check the name, and who may reach it.',
    );
  }
}
