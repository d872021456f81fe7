import { defineConfig } from 'vitest/config';

/** `unit`: beside the sources, no mounts, part of `npm run check`. `e2e`: everything under test/, one file at a time. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{linux,host,vfs,fuse,lsm,world,cli,bench}/**/*.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
