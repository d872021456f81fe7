/** Tells what is not acted upon among the worlds, and why. */
import { worldsLeftAlone } from '../world/index.ts';
import { failureLine } from './failure.ts';

export async function tellLeftAlone(): Promise<void> {
  for (const { path, why } of await worldsLeftAlone()) process.stderr.write(failureLine(`left alone: ${path} ${why}`));
}
