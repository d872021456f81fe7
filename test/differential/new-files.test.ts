/**
 * New files: a kernel booted now and a world agree on their labels. To try others: `FILES_SEED=N`, `FILES_SEEDS=N` from there on,
 * `FILES_MAKERS=N`.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { describeDifference } from '../conformance/compare.ts';
import { HostNeeds } from '../conformance/host-needs.ts';
import { runBatch } from './batch.ts';
import { LABELLING, newFileSteps } from './new-file-steps.ts';

const POLICIES = path.join(import.meta.dirname, '../conformance/scenarios/data');
const SEED = Number(process.env.FILES_SEED ?? 1);
/** Of a kernel and a world, each with its own limit (batch.ts). */
const LIMIT_MS = 600_000;
const SEEDS = Array.from({ length: Number(process.env.FILES_SEEDS ?? 1) }, (_, index) => SEED + index);
const MAKERS = Number(process.env.FILES_MAKERS ?? 15);
const hasDisks = new HostNeeds().lacking(['ext4']).length === 0;

const data = new Map([['mediate.33', readFileSync(path.join(POLICIES, 'mediate.33'))]]);

test.for(Object.entries(LABELLING))(
  `%s: new files, seeds ${SEEDS.join(' ')}, ${hasDisks ? 'disks' : 'without disks, which the host cannot make'}`,
  { timeout: LIMIT_MS },
  async ([name, labels]) => {
    const steps = SEEDS.flatMap((seed) => newFileSteps(labels, seed, MAKERS, hasDisks));
    const { differences, problem } = await runBatch(steps, { lsm: labels.lsm, data });
    expect(problem).toBeUndefined();
    expect(differences.map((difference) => describeDifference(name, difference))).toEqual([]);
  },
);
