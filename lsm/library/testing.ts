/** For tests of the library. */
import { FileSystemError } from '../../vfs/user/facade-error.ts';

/** The code of the error with which a file operation fails; `undefined` = it does not. */
export function codeOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof FileSystemError) return error.code;
    throw error;
  }
  return undefined;
}
