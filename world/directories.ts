/** Directories that commands make. */
import { mkdirSync, mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WorldError } from './errors.ts';

/** Of one's own, for files that the caller removes. @throws WorldError */
export function scratchDirectory(purpose: string): string {
  try {
    return mkdtempSync(path.join(tmpdir(), `lsmfs-${purpose}-`));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError(
      'bad-option',
      `No temporary directory can be made in ${tmpdir()}: ${reason}.`,
      'Name another directory: export TMPDIR=DIRECTORY',
    );
  }
}

/** As `mkdir -p`. Node's own does not end in a filesystem that answers ENOENT for a new name, as procfs. @throws of mkdirSync() */
export function makeDirectories(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = path.dirname(path.resolve(directory));
  if (parent !== path.resolve(directory)) makeDirectories(parent);
  mkdirSync(directory);
}
