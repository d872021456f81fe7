/** For tests of the library, and for those of modules that use it. */
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

/** `ok`, the code of the error with which an operation ends, or the error. */
export function outcomeOf(act: () => unknown): string {
  try {
    act();
    return 'ok';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
