import { expect, test } from 'vitest';
import type { BootConfig } from './config.ts';
import { ignoredParameters, leftOut } from './left-out.ts';
import { bootToys, toy } from './testing/toy.ts';

const switched = (name: string, id: number) => ({
  ...toy(name, id),
  exclusive: true,
  enabled: (config: BootConfig) => config.parameters[name] !== '0',
});
const KNOWN = [switched('one', 901), switched('two', 902), toy('minor', 903)];

test.each<[Partial<BootConfig>, string[]]>([
  [{ lsm: 'minor,one,integrity' }, []],
  [{ lsm: 'one,two', profile: 'talk' }, []],
  [{ lsm: 'two,one' }, ["one: the profile 'mainline' runs one of its kind, and two comes first"]],
  [{ lsm: 'two', parameters: { two: '0' } }, ['two: a kernel parameter switches it off']],
  [{ lsm: 'nonsense,minor' }, ["nonsense: the build 'toy' lacks it"]],
])('%j', (config, expected) => {
  expect(leftOut(bootToys(KNOWN, config).stack).map(({ name, why }) => `${name}: ${why}`)).toEqual(expected);
});

test('parameters of a build, and those that it lacks', () => {
  const parameters = { one: '0', two: '0', quiet: '' };
  const { build } = bootToys(KNOWN).stack.config;
  expect(ignoredParameters({ ...build, withoutParameters: ['one'] }, parameters)).toEqual([
    { name: 'one=0', why: "the build 'toy' has no such parameter" },
  ]);
  expect(ignoredParameters(build, parameters)).toEqual([]);
});
