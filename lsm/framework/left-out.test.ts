import { expect, test } from 'vitest';
import { createWorld, KERNEL_BUILDS } from '../library/index.ts';
import { ignoredParameters, leftOut } from './left-out.ts';

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

test('parameters of a build, and those that it lacks', () => {
  const parameters = { selinux: '0', apparmor: '0', quiet: '' };
  expect(ignoredParameters(KERNEL_BUILDS.debian, parameters)).toEqual([
    { name: 'selinux=0', why: "the build 'debian' has no such parameter" },
  ]);
  expect(ignoredParameters(KERNEL_BUILDS.full, parameters)).toEqual([]);
});
