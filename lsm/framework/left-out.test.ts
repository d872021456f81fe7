import { expect, test } from 'vitest';
import { createWorld } from '../library/index.ts';
import { leftOut } from './left-out.ts';

test.each([
  [{ lsm: 'yama,selinux,integrity' }, []],
  [{ lsm: 'selinux,apparmor' }, []],
  [
    { lsm: 'apparmor,selinux', profile: 'mainline' },
    ["selinux: the profile 'mainline' runs one of its kind, and apparmor comes first"],
  ],
  [{ lsm: 'apparmor', parameters: { apparmor: '0' } }, ['apparmor: a kernel parameter switches it off']],
  [{ lsm: 'nonsense,yama', refuse: 'none' }, ["nonsense: the build 'debian' lacks it"]],
] as const)('%j', (options, expected) => {
  expect(leftOut(createWorld(options).stack).map(({ name, why }) => `${name}: ${why}`)).toEqual(expected);
});
