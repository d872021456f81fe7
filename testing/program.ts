/** Where the program is, beside the bundle that this is in. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { WorldsForTests } from '../world/told-to-tests.ts';

export const START_SCRIPT = fileURLToPath(new URL('../bin/lsmfs', import.meta.url));

/** Not part of the bundle: the program has it already (cli/program.ts). */
export function loadWorlds(): Promise<WorldsForTests> {
  const program = createRequire(import.meta.url)('./commands.js') as { worldsForTests(): Promise<WorldsForTests> };
  return program.worldsForTests();
}
