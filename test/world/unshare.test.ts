/** lsm_unshare(2) in a world: the call through the supervisor, with both modules that have namespaces. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

const CLIENT = path.resolve('test/world/unshare-client.py');

it('moves the caller into a namespace of one module, or says what is wrong', async () => {
  const stack = ['--lsm=yama,selinux,apparmor', '--profile=2026'];
  const result = await lsmfs(['run', ...stack, '--', 'sh', '-c', `load_policy && exec python3 ${CLIENT}`]);
  expect(result.stderr).toBe('');
  expect(result.status).toBe(0);
  expect(result.leftovers).toSatisfy(isClean);
  const lines = result.stdout.trim().split('\n');
  const kernel = 'system_u:system_r:kernel_t:s0';
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
    Object.entries({
      flags: 'EINVAL',
      short: 'EINVAL',
      'more than a page': 'E2BIG',
      null: 'EFAULT',
      unreadable: 'EFAULT',
      length: 'EINVAL',
      'context length': 'EINVAL',
      two: 'EINVAL',
      unknown: 'EOPNOTSUPP',
      'without namespaces': 'EOPNOTSUPP',
      'with a value': ['EINVAL', 'EINVAL'],
      still: [kernel, 'unconfined', []],
      apparmor: [0, 'unconfined', kernel],
      'policy seen': [],
      selinux: [0, 'kernel', 'unconfined'],
      'not mine': 'EPERM',
      mine: ['ok', '1', false],
      inherited: ['kernel', 'unconfined'],
      outside: [kernel, 'unconfined', '0', ['unshare-1']],
      'from outside': [kernel, 'unconfined//&:unshare-1:unconfined'],
      ended: 0,
      user: ['EACCES', 0, 'unconfined'],
    }).map(([step, value]) => ({ step, value })),
  );
});
