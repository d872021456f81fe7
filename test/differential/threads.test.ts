/**
 * Threads: a kernel booted now and a world agree on what makers hand on.
 * Others: `THREADS_SEED=N`, `THREADS_SEEDS=N` from there on, `THREADS_FAMILIES=N`.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { describeDifference } from '../conformance/compare.ts';
import { runBatch } from './batch.ts';
import { MODULES, threadSteps } from './thread-steps.ts';

const SEED = Number(process.env.THREADS_SEED ?? 1);
/** Of a kernel and a world, each with its own limit (batch.ts). */
const LIMIT_MS = 600_000;
const SEEDS = Array.from({ length: Number(process.env.THREADS_SEEDS ?? 1) }, (_, index) => SEED + index);
const FAMILIES = Number(process.env.THREADS_FAMILIES ?? 3);
const PROFILES = path.join(import.meta.dirname, '../conformance/scenarios/data/aa');
const profiles = ['wide', 'wide2', 'hatty', 'unc'].map((name) => `${name}.bin`);
const data = new Map(profiles.map((name) => [name, readFileSync(path.join(PROFILES, name))]));

test.for(Object.keys(MODULES) as (keyof typeof MODULES)[])(
  `%s: families of threads, seeds ${SEEDS.join(' ')}`,
  { timeout: LIMIT_MS },
  async (lsm) => {
    const steps = SEEDS.flatMap((seed) => threadSteps(lsm, seed, FAMILIES));
    const { differences, problem } = await runBatch(steps, { lsm, data });
    expect(problem).toBeUndefined();
    expect(differences.map((difference) => describeDifference(lsm, difference))).toEqual([]);
  },
);
