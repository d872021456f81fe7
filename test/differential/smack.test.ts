/** Smack: a kernel booted now and a world agree on random operations. To try others: `SMACK_SEED=N`, `SMACK_STEPS=N`. */
import { expect, test } from 'vitest';
import { describeDifference } from '../conformance/compare.ts';
import { runBatch } from './batch.ts';
import { smackSteps } from './smack-steps.ts';
import { countOperations } from './step.ts';

const SEED = Number(process.env.SMACK_SEED ?? 20_260_102);
const STEPS = Number(process.env.SMACK_STEPS ?? 800);

test(`kernel and world agree on random operations, seed ${SEED}`, async () => {
  const steps = smackSteps(SEED, STEPS);
  expect(countOperations(steps)).toBeGreaterThan(STEPS);
  const { differences, problem } = await runBatch(steps, 'smack');
  expect(differences.map((difference) => describeDifference('smack', difference))).toEqual([]);
  expect(problem).toBeUndefined();
});
