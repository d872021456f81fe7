/** What tests expect of worlds: a matcher for `expect`, and functions for suites without it. */
import { AssertionError } from 'node:assert';
import { checkDenied, type Denial, type WantedDenial } from './denials.ts';
import type { TestWorld } from './world.ts';

/** For `expect.extend`. */
export const matchers = {
  toHaveDenied(world: unknown, wanted: WantedDenial = {}): { readonly pass: boolean; message(): string } {
    const { pass, message } = checkDenied(denialsOf(world), wanted);
    return { pass, message: () => message };
  },
};

/** An entry for modules and one for `require` have classes of their own. */
function denialsOf(world: unknown): readonly Denial[] {
  if (typeof world === 'object' && world !== null && 'denials' in world && typeof world.denials === 'function')
    return (world as Pick<TestWorld, 'denials'>).denials();
  throw new TypeError('toHaveDenied() is about a world of lsmfs/testing.');
}

/** @throws AssertionError with what was refused instead, and why. */
export function assertDenied(world: TestWorld, wanted: WantedDenial = {}): void {
  expectDenied(world, wanted, true, assertDenied);
}

/** @throws AssertionError with what was refused, and why. */
export function assertNotDenied(world: TestWorld, wanted: WantedDenial = {}): void {
  expectDenied(world, wanted, false, assertNotDenied);
}

function expectDenied(world: TestWorld, wanted: WantedDenial, expected: boolean, caller: typeof assertDenied): void {
  const { pass, message } = checkDenied(world.denials(), wanted);
  if (pass === expected) return;
  const named = { operator: caller.name, expected: wanted, actual: world.denials(), stackStartFn: caller };
  throw new AssertionError({ message, ...named });
}
