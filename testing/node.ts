/** `lsmfs/testing/node`: a world for a file of tests of node:test. */
import { after, afterEach, before } from 'node:test';
import { refusalsOf } from './report.ts';
import { TestWorld, type TestWorldOptions } from './world.ts';

export * from './index.ts';

/** What hooks are told of the test, in Node 20.12 and later. */
interface Told {
  readonly error?: unknown;
  diagnostic(text: string): void;
}

/**
 * One world for the tests of a file, or of a describe(): started before the first, reset after each, ended after the last. Of a test that
 * fails a diagnostic tells what was refused meanwhile, and why.
 */
export function useWorld(options: TestWorldOptions = {}): TestWorld {
  const world = new TestWorld(options);
  before(() => world.start());
  afterEach((context) => {
    const told = context as Partial<Told>;
    const refusals = told.error == null ? '' : refusalsOf(world);
    // Reporters write a line for each.
    for (const line of refusals.split('\n')) if (line !== '') told.diagnostic?.(line);
    world.reset();
  });
  after(() => world.dispose());
  return world;
}
