/** New files: a kernel booted now and a world agree on their labels. To try others: `FILES_SEED=N`, `FILES_MAKERS=N`. */
import { expect, test } from 'vitest';
import { describeDifference } from '../conformance/compare.ts';
import { runBatch } from './batch.ts';
import { LABELLING, newFileSteps } from './new-file-steps.ts';

const SEED = Number(process.env.FILES_SEED ?? 1);
const MAKERS = Number(process.env.FILES_MAKERS ?? 15);

test.for(Object.keys(LABELLING) as (keyof typeof LABELLING)[])(`%s: new files, seed ${SEED}`, async (lsm) => {
  const { differences, problem } = await runBatch(newFileSteps(lsm, SEED, MAKERS), { lsm });
  expect(differences.map((difference) => describeDifference(lsm, difference))).toEqual([]);
  expect(problem).toBeUndefined();
});
