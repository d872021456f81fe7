/** A file that a user named, before it is used. */
import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { WorldError } from './errors.ts';

/** @returns `undefined` where there is none. @throws WorldError where that cannot be known, and for a directory that cannot be listed. */
export function lookAt(file: string): Stats | undefined {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isDirectory() === true) accessSync(file, constants.R_OK | constants.X_OK);
    return found;
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError(
      'bad-option',
      `${file} cannot be looked at: ${reason}.`,
      'Check the name, and who may reach it.',
    );
  }
}
