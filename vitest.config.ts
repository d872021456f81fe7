import { configDefaults, defineConfig } from 'vitest/config';
import { privateRunPool } from './test/private-run-pool.ts';
import { LongestFirst } from './test/support/longest-first.ts';
import { excludedFiles, includedFiles } from './test/support/tier.ts';
import { WITHOUT_POLICY, WITHOUT_STANDBY } from './test/support/without-policy.ts';

/** Hosts with emulated processors (npm run hosts) need more time. */
const E2E_TIMEOUT_MS = 120_000 * Number(process.env.LSMFS_TEST_SLOWNESS ?? 1);

/**
 * `unit`: beside the sources, no mounts, part of `npm run check`. `e2e`: everything under test/, three files at a time, as two leave
 * a quarter of two processors idle. One project after the other. LSMFS_TIER leaves some out (test/support/tier.ts).
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // With --coverage: of the sources, by what runs in the processes of the tests. Worlds are processes of their own and do not count.
    coverage: {
      provider: 'v8',
      include: ['{linux,host,vfs,fuse,lsm,world,cli,testing}/**/*.ts'],
      exclude: ['**/*.test.ts', '**/testing/**'],
      reporter: ['text-summary', 'json-summary'],
    },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{linux,host,vfs,fuse,lsm,world,cli,bench}/**/*.test.ts'],
          testTimeout: 120_000,
          // Modules keep no state of their own, so test files share them: to load them anew for each file was half of the time.
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: [...includedFiles()],
          exclude: [...configDefaults.exclude, ...excludedFiles()],
          maxWorkers: 3,
          pool: privateRunPool,
          // Tests of other things begin as a machine that has booted without a policy; test/docs*.ts see what users see.
          env: { ...WITHOUT_POLICY, ...WITHOUT_STANDBY },
          sequence: { groupOrder: 1 },
          testTimeout: E2E_TIMEOUT_MS,
          hookTimeout: E2E_TIMEOUT_MS,
        },
      },
    ],
  },
});
