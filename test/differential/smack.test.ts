/** Smack: a kernel booted now and a world agree on random operations. To try others: `SMACK_SEED=N`, `SMACK_STEPS=N`, `SMACK_SETS=N`. */
import { expect, test } from 'vitest';
import { describeDifference } from '../conformance/compare.ts';
import { runBatch } from './batch.ts';
import { smackQuestions } from './smack-questions.ts';
import { smackSteps } from './smack-steps.ts';
import { countOperations } from './step.ts';

const SEED = Number(process.env.SMACK_SEED ?? 20_260_102);
const STEPS = Number(process.env.SMACK_STEPS ?? 800);
/** Rule sets, each with a hundred questions. */
const SETS = Number(process.env.SMACK_SETS ?? 6);
const QUESTIONS = 100;

test(`kernel and world agree on random operations, seed ${SEED}`, async () => {
  const steps = smackSteps(SEED, STEPS);
  expect(countOperations(steps)).toBeGreaterThan(STEPS);
  const { differences, problem } = await runBatch(steps, { lsm: 'smack' });
  expect(differences.map((difference) => describeDifference('smack', difference))).toEqual([]);
  expect(problem).toBeUndefined();
});

test(`kernel and world agree on ${SETS * QUESTIONS} questions to ${SETS} random rule sets, seed ${SEED}`, async () => {
  const steps = smackQuestions({ seed: SEED, sets: SETS, questions: QUESTIONS });
  expect(steps).toHaveLength(SETS);
  expect(countOperations(steps)).toBeGreaterThan(SETS * QUESTIONS);
  const { differences, problem } = await runBatch(steps, { lsm: 'smack' });
  expect(differences.map((difference) => describeDifference('smack', difference))).toEqual([]);
  expect(problem).toBeUndefined();
});
