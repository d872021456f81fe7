/**
 * `npm run conformance:random`: random operations on selinuxfs and attr files in a freshly booted kernel and in a world.
 *
 *   --runs=N   sessions, each with its own kernel (default 20)
 *   --length=N most steps of a session (default 1000)
 *   --seed=N   repeat an earlier run; without it a new one is made up
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { findMismatch } from './differential.ts';

/** Kernels booted to make a mismatch smaller. */
const ATTEMPTS = 25;
const LARGEST_SEED = 2 ** 31 - 1;

function positive(name: string, text: string): number {
  if (!/^[1-9][0-9]*$/.test(text)) throw new Error(`--${name}=${text}: not a positive number`);
  return Number(text);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '20' },
      length: { type: 'string', default: '1000' },
      seed: { type: 'string', default: String(randomInt(1, LARGEST_SEED)) },
    },
  });
  const seed = positive('seed', values.seed);
  const sessions = positive('runs', values.runs);
  let ran = 0;
  let steps = 0;
  console.log(`seed ${seed}`);
  const mismatch = await findMismatch({
    seed,
    sessions,
    length: positive('length', values.length),
    attempts: ATTEMPTS,
    onSession: (count) => {
      ran += 1;
      steps += count;
      console.error(`session ${ran}: ${count} steps`);
    },
  });
  if (mismatch === undefined) {
    console.log(`${steps} random steps in ${ran} sessions: kernel and world agree (seed ${seed})`);
    return 0;
  }
  console.log(`kernel and world disagree (seed ${seed}); smallest session found:`);
  for (const step of mismatch.steps) console.log(`  ${JSON.stringify(step)}`);
  for (const text of mismatch.differences) console.log(text);
  return 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
