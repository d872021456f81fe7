/** All that is fuzzed, by name, each for some seconds. */
import { Random } from '../selinux/random.ts';
import { MEMORY_TARGETS } from './targets.ts';
import { fuzzControlSocket, fuzzSystemCalls } from './world.ts';

/** @returns how many steps were made. @throws what was wrong; `step` of a {@link FuzzError} says where. */
export type Fuzz = (seconds: number, seed: number) => number | Promise<number>;

export class FuzzError extends Error {
  readonly step: number;
  constructor(step: number, cause: unknown) {
    super(`step ${step}: ${cause instanceof Error ? cause.stack : String(cause)}`, { cause });
    this.step = step;
  }
}

/** The same seed makes the same steps. */
function inMemory(begin: (random: Random) => () => void): Fuzz {
  return (seconds, seed) => {
    const step = begin(new Random(seed));
    const end = performance.now() + seconds * 1000;
    let steps = 0;
    for (; performance.now() < end; steps++) {
      try {
        step();
      } catch (error) {
        throw new FuzzError(steps, error);
      }
    }
    return steps;
  };
}

export const FUZZES: Readonly<Record<string, Fuzz>> = {
  ...Object.fromEntries(Object.entries(MEMORY_TARGETS).map(([name, begin]) => [name, inMemory(begin)])),
  'control-socket': (seconds, seed) => fuzzControlSocket(seconds, new Random(seed)),
  'system-calls': fuzzSystemCalls,
};
