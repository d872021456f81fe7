import { expect, test } from 'vitest';
import { didYouMean } from './nearest.ts';

const MODULES = ['selinux', 'apparmor', 'yama', 'lockdown'];

test.each([
  ['selinx', 'Did you mean selinux? '],
  ['aparmor', 'Did you mean apparmor? '],
  ['seilnux', 'Did you mean selinux? '],
  ['SELinux', ''],
  ['smack', ''],
  ['y', ''],
])('%s: %j', (text, expected) => {
  expect(didYouMean(text, MODULES)).toBe(expected);
});
