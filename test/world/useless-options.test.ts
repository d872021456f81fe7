/** Options that a world has no use for end its boot: in silence a suite would pass for the wrong reason. */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

it.each([
  [['--lsm=apparmor', '--enforcing'], '--enforcing'],
  [['--lsm=', '--enforcing'], '--enforcing'],
  [['--lsm=yama', '--file-contexts=policies/small/store/contexts/files/file_contexts'], '--file-contexts'],
  [['--lsm=yama', '--policy=small'], '--policy'],
])('%j', async (options, useless) => {
  const result = await lsmfs(['run', ...options, '--', 'true']);
  expect(result.status).toBe(125);
  expect(result.stderr).toMatch(/^lsmfs: .*\.\nlsmfs: .*\.\n$/);
  expect(result.stderr).toContain(useless);
  expect(result.leftovers).toSatisfy(isClean);
});

it('a policy that a variable names is called by the variable', async () => {
  const result = await lsmfs(['run', '--lsm=yama', '--', 'true'], { env: { LSMFS_POLICY: 'small' } });
  expect(result.status).toBe(125);
  expect(result.stderr).toBe(
    'lsmfs: A policy cannot be loaded: SELinux is not active.\nlsmfs: Add selinux to --lsm, or leave LSMFS_POLICY away.\n',
  );
});
