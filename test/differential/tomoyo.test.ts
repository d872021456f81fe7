/** TOMOYO: a kernel booted now and a world agree on random operations. To try others: `TOMOYO_SEED=N`, `TOMOYO_STEPS=N`. */
import { expect, test } from 'vitest';
import { describeDifference } from '../conformance/compare.ts';
import { runBatch } from './batch.ts';
import { tomoyoSteps } from './tomoyo-steps.ts';

const SEED = Number(process.env.TOMOYO_SEED ?? 1);
const STEPS = Number(process.env.TOMOYO_STEPS ?? 500);

test(`kernel and world agree on random operations, seed ${SEED}`, async () => {
  const { differences, problem } = await runBatch(tomoyoSteps(SEED, STEPS), { lsm: 'tomoyo' });
  expect(differences.map((difference) => describeDifference('tomoyo', difference))).toEqual([]);
  expect(problem).toBeUndefined();
});
