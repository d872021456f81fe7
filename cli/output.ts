/**
 * What commands print. A reader that has gone (`lsmfs ps | head -1`) is no failure; a full disk is one, told in a line and not in a stack
 * trace.
 */
import { EXIT_OURS, failureLine } from './failure.ts';

export function print(text: string): void {
  expectLoss();
  process.stdout.write(text);
}

/** For output without end: waits for the reader. One character per byte. @returns false when nobody reads any more. */
export function printBytes(text: string): Promise<boolean> {
  expectLoss();
  return new Promise((resolve) => process.stdout.write(text, 'latin1', (error) => resolve(error == null)));
}

function expectLoss(): void {
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', lost);
}

function lost(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  process.exitCode = EXIT_OURS;
  process.stderr.write(failureLine(`cannot write the output: ${error.message}`));
}
