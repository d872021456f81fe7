/**
 * How a failure is told: one line that says what failed and why, one that says what to do. Exit status 125, as podman and env use for
 * "the tool itself failed"; 126 and 127 are set where the command is started.
 */
import { WorldError } from '../world/errors.ts';

export const EXIT_OURS = 125;
const NONE: ReadonlyMap<string, string> = new Map();

/** @param variables by the options whose values they gave. */
export function reportFailure(error: unknown, json: boolean, variables: ReadonlyMap<string, string> = NONE): void {
  const named = (text: string): string => text.replace(/--[a-z][a-z-]*/g, (option) => variables.get(option) ?? option);
  const failure =
    error instanceof WorldError
      ? { error: named(error.message), code: error.code, ...(error.fix === undefined ? {} : { fix: named(error.fix) }) }
      : (error as NodeJS.ErrnoException).syscall === 'uv_cwd'
        ? GONE
        : { error: describe(error), code: 'internal' };
  if (json) process.stderr.write(`${JSON.stringify(failure)}\n`);
  else {
    process.stderr.write(failureLine(failure.error));
    if ('fix' in failure) process.stderr.write(failureLine(failure.fix));
  }
  process.exitCode = EXIT_OURS;
}

/** A line for standard error. A name in it stays on the line, and tells a terminal nothing. */
export function failureLine(text: string): string {
  return `lsmfs: ${text.replace(/\p{Cc}/gu, escaped)}\n`;
}

function escaped(control: string): string {
  return control === '\n' ? '\\n' : `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/** Node asks where we are, for a relative path. */
const GONE = {
  error: 'The working directory was removed.',
  code: 'bad-option',
  fix: 'Go to another one: cd /',
} as const;

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return process.env.LSMFS_DEBUG === undefined ? error.message : (error.stack ?? error.message);
}
