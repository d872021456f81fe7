import { readFileSync } from 'node:fs';

/** Content of a file, a byte a character; `undefined` when it cannot be read, as that of a process that has ended. */
export function fileText(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
