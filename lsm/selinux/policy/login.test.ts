import { expect, it } from 'vitest';
import type { HostFiles } from '../../framework/host-side.ts';
import { loginLabels } from './login.ts';

const FILES: Readonly<Record<string, string>> = {
  '/s/seusers': '# comment\nroot:unconfined_u:s0-s0:c0.c1023\n%staff:staff_u:s0\n__default__:user_u:s0\n',
  '/s/contexts/default_contexts':
    'system_r:crond_t:s0 a_r:cron_t:s0\nsystem_r:sshd_t:s0\tuser_r:user_t:s0 staff_r:staff_t:s0\n',
  '/s/contexts/users/unconfined_u': 'system_r:local_login_t:s0 unconfined_r:unconfined_t:s0\n',
  '/s/contexts/failsafe_context': 'sysadm_r:sysadm_t:s0\n',
};
const host: HostFiles = { read: (file) => FILES[file], exists: () => true, list: () => [], hasProgram: () => false };

it('a login has the user and range of seusers, role and type of the files of contexts, its own first', () => {
  expect(loginLabels('/s', { name: 'root', groups: [] }, host)).toEqual([
    'unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023',
    'unconfined_u:user_r:user_t:s0-s0:c0.c1023',
    'unconfined_u:staff_r:staff_t:s0-s0:c0.c1023',
    'unconfined_u:sysadm_r:sysadm_t:s0-s0:c0.c1023',
  ]);
});

it('a group stands for its members, __default__ for all others', () => {
  expect(loginLabels('/s', { name: 'ann', groups: ['ann', 'staff'] }, host)[0]).toBe('staff_u:user_r:user_t:s0');
  expect(loginLabels('/s', { name: 'bob', groups: ['bob'] }, host)[0]).toBe('user_u:user_r:user_t:s0');
});
