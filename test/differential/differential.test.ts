/** A short run with a fixed seed: a kernel booted now and a world agree on every answer. */
import { describe, expect, test } from 'vitest';
import { findUml } from '../conformance/kernel/uml.ts';
import { runBatch } from './batch.ts';
import { runDifferential } from './differential.ts';

const SEED = 20_260_101;
const RUNS = 120;

test('User-mode Linux is installed', () => {
  expect(findUml(), 'apt-get install user-mode-linux').toBeDefined();
});

describe('kernel and world', () => {
  test(`agree on random operations, seed ${SEED}`, async () => {
    const report = await runDifferential({ seed: SEED, runs: RUNS, attempts: 10 });
    expect(report.problem).toBeUndefined();
    expect(report.mismatch).toBeUndefined();
    expect(report.sequences).toBe(RUNS);
    expect(report.operations).toBeGreaterThan(RUNS);
  });

  test('are told apart where they do differ: FUSE joins the parts of a writev', async () => {
    const result = await runBatch([
      { op: 'read', path: '/sys/fs/selinux/enforce' },
      {
        op: 'fd',
        path: '/sys/fs/selinux/access',
        flags: 'O_RDWR',
        do: [
          ['writev', 'kernel ', 'kernel 1'],
          ['read', 100],
        ],
      },
      { op: 'read', path: '/sys/fs/selinux/enforce' },
    ]);
    expect(result.problem).toBeUndefined();
    expect([result.failing, result.differences.map(({ key }) => key)]).toEqual([1, ['1']]);
  });
});
