import { defineConfig } from 'vitest/config';

/** Hosts with emulated processors (npm run hosts) need more time. */
const E2E_TIMEOUT_MS = 120_000 * Number(process.env.LSMFS_TEST_SLOWNESS ?? 1);

const RECORDED = 'test/conformance/recorded/*.test.ts';

/**
 * `unit`: beside the sources, no mounts, part of `npm run check`. `e2e`: everything under test/, one file at a time. `recorded`: the
 * recorded scenarios, two at a time. One project after the other.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{linux,host,vfs,fuse,lsm,world,cli,bench}/**/*.test.ts'],
          testTimeout: 120_000,
          // Modules keep no state of their own, so test files share them: to load them anew for each file was half of the time.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/**/*.test.ts'],
          exclude: [RECORDED],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: E2E_TIMEOUT_MS,
          hookTimeout: E2E_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: 'recorded',
          include: [RECORDED],
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: E2E_TIMEOUT_MS,
          hookTimeout: E2E_TIMEOUT_MS,
        },
      },
    ],
  },
});
