/** Programs that are scripts (fs/binfmt_script.c). */

/** What the kernel reads of a file to know its format. */
const BINPRM_BUF_SIZE = 256;
/** bprm: a further one is ELOOP. */
export const MOST_INTERPRETERS = 5;

/** @param content as a byte string. @returns the path of the interpreter; `undefined` = it is no script. */
export function interpreterOf(content: string): string | undefined {
  return /^#![ \t]*([^ \t\n\0]+)[ \t\n\0]/.exec(content.slice(0, BINPRM_BUF_SIZE))?.[1];
}
