/**
 * What commands print. A reader that has gone (`lsmfs ps | head -1`) is no failure; a full disk is one, told in a line and not in a stack
 * trace.
 */
import { EXIT_OURS, failureLine } from './failure.ts';

export function print(text: string): void {
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', lost);
  process.stdout.write(text);
}

function lost(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  process.exitCode = EXIT_OURS;
  process.stderr.write(failureLine(`cannot write the output: ${error.message}`));
}
