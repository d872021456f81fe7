/** `npm run fuzz -- --seconds=N [--seed=N] [--only=NAME]`: each target for so long (default 60). Exit status 1 when something was wrong. */
import { parseArgs } from 'node:util';
import { FUZZES } from './fuzz.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' }, only: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
process.stdout.write(`seed ${seed}\n`);
for (const [name, fuzz] of Object.entries(FUZZES)) {
  if (values.only !== undefined && values.only !== name) continue;
  try {
    process.stdout.write(`${await fuzz(Number(values.seconds), seed)} steps: ${name}\n`);
  } catch (error) {
    process.stdout.write(`FAILED: ${name}\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
