import { accessSync, constants } from 'node:fs';

/** May we execute the file? */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
