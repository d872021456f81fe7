/** Removing directories that tests have mounted things on. */
import { execFileSync } from 'node:child_process';

/** Stops at mounts: what a failed test left mounted is not the test's to remove. */
export function removeTree(directory: string): void {
  execFileSync('rm', ['-rf', '--one-file-system', directory], { timeout: 30_000 });
}
