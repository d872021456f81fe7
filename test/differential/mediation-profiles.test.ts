/** A seed means one policy: runs of it can be compared with each other, and with what a kernel answered once. */
import { expect, test } from 'vitest';
import { compileProfiles, randomProfiles } from './mediation-profiles.ts';

/** Compiled at random addresses, each of some ten images was another one, of two meanings. */
const SEED = 43_007;
const TIMES = 5;

test('profiles are compiled to the same bytes each time', () => {
  const source = randomProfiles(SEED, '/run/oracle-scratch/c7');
  const first = compileProfiles(source);
  for (let time = 1; time < TIMES; time++) expect(compileProfiles(source).equals(first)).toBe(true);
});
