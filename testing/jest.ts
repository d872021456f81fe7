/** `lsmfs/testing/jest`: registers the matcher, and has a world for a file of tests. */
import { matchers } from './expectations.ts';
import { withRefusals } from './report.ts';
import { START_MS, TestWorld, type TestWorldOptions } from './world.ts';

export * from './index.ts';

/** What jest puts into each file of tests. */
interface Jest {
  readonly expect: { extend(matchers: object): void };
  beforeAll(work: () => Promise<void>, timeoutMs: number): void;
  afterEach(work: () => void): void;
  afterAll(work: () => Promise<void>): void;
}

/** The state of jest-circus, whose symbol has this description. `errors` has pairs of an error and where it was thrown. */
const STATE = 'JEST_STATE_SYMBOL';
interface Circus {
  readonly currentlyRunningTest?: { readonly errors?: readonly unknown[] };
}

const jest = globalThis as unknown as Jest;
jest.expect.extend(matchers);

/**
 * One world for the tests of a file, or of a describe(): started before the first, reset after each, ended after the last. The error of a
 * test that fails tells what was refused meanwhile, and why.
 */
export function useWorld(options: TestWorldOptions = {}): TestWorld {
  const world = new TestWorld(options);
  jest.beforeAll(() => world.start(), START_MS);
  jest.afterEach(() => {
    const error = failure();
    if (error !== undefined) withRefusals(error, world);
    world.reset();
  });
  jest.afterAll(() => world.dispose());
  return world;
}

/** The first error of the test that runs. */
function failure(): Error | undefined {
  const symbol = Object.getOwnPropertySymbols(globalThis).find(({ description }) => description === STATE);
  const state = symbol && (globalThis as unknown as Record<symbol, Circus>)[symbol];
  const [first] = state?.currentlyRunningTest?.errors ?? [];
  const error: unknown = Array.isArray(first) ? first[0] : first;
  // Of the realm of the test, whose Error is another one.
  return typeof error === 'object' && error !== null && 'message' in error ? (error as Error) : undefined;
}
