/** Threads: a kernel booted now and a world agree on what makers hand on. Others: `THREADS_SEED=N`, `THREADS_FAMILIES=N`. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { describeDifference } from '../conformance/compare.ts';
import { runBatch } from './batch.ts';
import { MODULES, threadSteps } from './thread-steps.ts';

const SEED = Number(process.env.THREADS_SEED ?? 1);
const FAMILIES = Number(process.env.THREADS_FAMILIES ?? 3);
const PROFILES = path.join(import.meta.dirname, '../conformance/scenarios/data/aa');
const profiles = ['wide', 'wide2', 'hatty', 'unc'].map((name) => `${name}.bin`);
const data = new Map(profiles.map((name) => [name, readFileSync(path.join(PROFILES, name))]));

test.for(Object.keys(MODULES) as (keyof typeof MODULES)[])(`%s: families of threads, seed ${SEED}`, async (lsm) => {
  const { differences, problem } = await runBatch(threadSteps(lsm, SEED, FAMILIES), { lsm, data });
  expect(differences.map((difference) => describeDifference(lsm, difference))).toEqual([]);
  expect(problem).toBeUndefined();
});
