/** What the filter of a world takes from its programs, as differences.md says. That there is no world in a world: nested.test.ts. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

const CLIENT = path.resolve('test/world/one-filter-client.py');

it('a listener of its own is EBUSY, strict mode EINVAL, a filter works', async () => {
  const result = await lsmfs(['run', '--', 'python3', CLIENT]);
  expect(result.stdout).toBe('listener EBUSY\nfilter allowed\nstrict EINVAL\nstrict by prctl EINVAL\n');
  expect(result.leftovers).toSatisfy(isClean);
});

it('with --no-seccomp it has a listener', async () => {
  const result = await lsmfs(['run', '--no-seccomp', '--', 'python3', CLIENT]);
  expect(result.stdout).toContain('listener allowed\n');
  expect(result.leftovers).toSatisfy(isClean);
});
