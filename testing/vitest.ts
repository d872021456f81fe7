/** `lsmfs/testing/vitest`: registers the matcher, and has a world for a file of tests. */
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { WantedDenial } from './denials.ts';
import { matchers } from './expectations.ts';
import { withRefusals } from './report.ts';
import { START_MS, TestWorld, type TestWorldOptions } from './world.ts';

export * from './index.ts';

declare module 'vitest' {
  interface Matchers<T> {
    /** Has the world refused this since it was started, or reset? */
    toHaveDenied(wanted?: WantedDenial): T extends unknown ? void : never;
  }
}

expect.extend(matchers);

/**
 * One world for the tests of a file, or of a describe(): started before the first, reset after each, ended after the last. The error of a
 * test that fails tells what was refused meanwhile, and why.
 */
export function useWorld(options: TestWorldOptions = {}): TestWorld {
  const world = new TestWorld(options);
  beforeAll(() => world.start(), START_MS);
  afterEach(({ task }) => {
    const [error] = task.result?.errors ?? [];
    if (error !== undefined) withRefusals(error, world);
    world.reset();
  });
  afterAll(() => world.dispose());
  return world;
}
