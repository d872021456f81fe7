/** `lsmfs/testing`: worlds for suites of tests. For vitest, jest and node:test there are entries of their own beside this one. */
export type { Denial, WantedDenial } from './denials.ts';
export { assertDenied, assertNotDenied, matchers } from './expectations.ts';
export { compileProfiles } from './profiles.ts';
export { type ExecOptions, type ExecResult, startWorld, TestWorld, type TestWorldOptions } from './world.ts';
