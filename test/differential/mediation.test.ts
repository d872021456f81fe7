/**
 * Mediation: a kernel booted now and a world agree on random calls of confined processes. To try others: `MEDIATION_SEED=N`,
 * `MEDIATION_CHAPTERS=N`, about a hundred calls each.
 */
import { expect, test } from 'vitest';
import { describeDifference } from '../conformance/compare.ts';
import { runBatch } from './batch.ts';
import { isKnown } from './mediation-known.ts';
import { apparmorRun, selinuxRun } from './mediation-runs.ts';
import { countCalls } from './step.ts';

const SEED = Number(process.env.MEDIATION_SEED ?? 3);
const CHAPTERS = process.env.MEDIATION_CHAPTERS;
const LEAST_CALLS = 40;
/** Sixteen take a minute and a half on an idle machine. */
const TIMEOUT_MS = 120_000 + Number(CHAPTERS ?? 4) * 40_000;

test.each([
  ['SELinux', selinuxRun, Number(CHAPTERS ?? 4)],
  ['AppArmor', apparmorRun, Number(CHAPTERS ?? 3)],
])(
  `%s, seed ${SEED}`,
  async (_name, run, chapters) => {
    const { steps, options } = run(SEED, chapters);
    expect(countCalls(steps)).toBeGreaterThan(LEAST_CALLS * chapters);
    const { differences, expected, problem } = await runBatch(steps, options);
    const unlisted = differences.filter((found) => !isKnown(found, expected));
    expect(unlisted.map((found) => describeDifference('mediation', found))).toEqual([]);
    expect(problem).toBeUndefined();
  },
  TIMEOUT_MS,
);
