import { expect, it } from 'vitest';
import { CALLS } from './index.ts';

it('what changes a caller is notified with each family that asks about files alone', () => {
  const changing = ['capset', 'setfsuid', 'setns', 'setresuid', 'setreuid', 'setuid', 'unshare'];
  for (const family of ['files', 'stat', 'sockets', 'content', 'memory', 'ioctl', 'mounts', 'capabilities']) {
    const notified = CALLS.filter(({ when }) => when === `mediate-${family}`).map(({ name }) => name as string);
    expect(notified, family).toEqual(expect.arrayContaining(changing));
  }
});
