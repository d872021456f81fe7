import { expect, it } from 'vitest';
import { ERRNO } from '../../linux/errno.ts';
import { callProblem } from './needed-calls.ts';

const UNFILTERED = 'Seccomp:\t0\n';

it.each([
  ['5.4.0-42-generic', 'Use Linux 5.6 or newer.'],
  ['4.19.0', 'Use Linux 5.6 or newer.'],
  ['5.6.0', 'An emulator of processors (qemu-user) does that: use a machine of that kind, or a virtual one.'],
  ['6.18.44-fc', 'An emulator of processors (qemu-user) does that: use a machine of that kind, or a virtual one.'],
])('Linux %s without seccomp(2)', (kernel, fix) => {
  const ask = ({ name }: { name: string }): number => (name === 'seccomp' ? -ERRNO.ENOSYS : -ERRNO.EINVAL);
  expect(callProblem(ask, UNFILTERED, kernel)?.fix).toBe(fix);
});
