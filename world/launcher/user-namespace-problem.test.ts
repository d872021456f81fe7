import { expect, test } from 'vitest';
import { HOST_SIDES } from '../../lsm/known-modules.ts';
import { settingsProblem } from './user-namespace-problem.ts';

const OF_MODULES = HOST_SIDES.flatMap(({ forbids }) => forbids ?? []);

test.each<[Record<string, string>, string | undefined]>([
  [{}, undefined],
  [{ 'user/max_user_namespaces': '96365', 'kernel/unprivileged_userns_clone': '1' }, undefined],
  [{ 'user/max_user_namespaces': '0' }, 'the setting user.max_user_namespaces is 0'],
  [{ 'kernel/unprivileged_userns_clone': '0' }, 'the setting kernel.unprivileged_userns_clone is 0'],
  ...OF_MODULES.map(({ file, forbidding }): [Record<string, string>, string] => [
    { [file]: forbidding },
    `the setting ${file.replace('/', '.')} is ${forbidding}`,
  ]),
])('%j', (settings, cause) => {
  const values = new Map(Object.entries(settings));
  expect(settingsProblem((file) => values.get(file), ['/usr/bin'])?.cause).toBe(cause);
});

test('a machine without unshare', () => {
  expect(settingsProblem(() => undefined, ['/nonexistent'])?.cause).toBe('there is no unshare(1)');
});
