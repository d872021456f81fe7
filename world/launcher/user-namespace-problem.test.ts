import { expect, test } from 'vitest';
import { settingsProblem } from './user-namespace-problem.ts';

test.each([
  [{}, undefined],
  [{ 'user/max_user_namespaces': '96365', 'kernel/unprivileged_userns_clone': '1' }, undefined],
  [{ 'user/max_user_namespaces': '0' }, 'the setting user.max_user_namespaces is 0'],
  [{ 'kernel/unprivileged_userns_clone': '0' }, 'the setting kernel.unprivileged_userns_clone is 0'],
  [
    { 'kernel/apparmor_restrict_unprivileged_userns': '1' },
    'the setting kernel.apparmor_restrict_unprivileged_userns is 1',
  ],
])('%j', (settings, cause) => {
  const values = new Map(Object.entries(settings));
  expect(settingsProblem((file) => values.get(file), ['/usr/bin'])?.cause).toBe(cause);
});

test('a machine without unshare', () => {
  expect(settingsProblem(() => undefined, ['/nonexistent'])?.cause).toBe('there is no unshare(1)');
});
