/** Calls that few programs make, or that are not about files, beside what a policy refuses. */
import { expect, it } from 'vitest';
import { capability, refusals } from './refusals.ts';

it('ids and namespaces of others are taken with the capability; setfsuid(2) fails by returning the id that stays', async () => {
  const lines = await refusals(`
names = os.open('/proc/self/ns/uts', os.O_RDONLY); become('web_t')
print(tried(os.setresuid, 0, 0, 0), tried(os.setresuid, 5, 5, 5), tried(os.setreuid, -1, 5), tried(os.setregid, 5, -1), tried(os.setresgid, -1, 0, -1))
print(libc.setfsuid(5), libc.setfsuid(-1), called(libc.setns, names, 0), called(libc.setns, names, 0x20000))`);
  const [setuid, setgid] = [capability('setuid', 7), capability('setgid', 6)];
  expect(lines).toEqual([
    'None EPERM EPERM EPERM None',
    '0 0 EPERM EINVAL',
    ...[setuid, setuid, setgid, setuid, capability('sys_admin', 21)],
  ]);
});
