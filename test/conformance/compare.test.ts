import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareOutcomes, describeDifference } from './compare.ts';
import { parseOutcomes } from './outcomes.ts';

const golden = parseOutcomes(
  ['{"k":"0","op":"read","what":"a","data":"x"}', '{"k":"1","op":"write","what":"b","err":"EINVAL","at":"write"}'].join(
    '\n',
  ),
);

test('equal outcomes give no difference, whatever describes the step', () => {
  const actual = parseOutcomes('{"k":"1","err":"EINVAL","at":"write","note":"n"}\n{"k":"0","data":"x","what":"other"}');
  expect(compareOutcomes(golden, actual)).toEqual([]);
});

test('a wrong errno is described in three lines: step, expected, actual', () => {
  const actual = parseOutcomes('{"k":"0","data":"x"}\n{"k":"1","err":"EPERM","at":"write"}');
  const found = compareOutcomes(golden, actual);
  expect(found.map((one) => [one.key, one.fields])).toEqual([['1', ['err']]]);
  expect(found.map((one) => describeDifference('s', one))).toEqual([
    's 1: write b\n  expected err="EINVAL"\n  actual   err="EPERM"',
  ]);
});

test('a step that writes lines is still described in three', () => {
  const expected = parseOutcomes(JSON.stringify({ k: '2', op: 'write', what: 'n 1\n2\n', err: 'EINVAL' }));
  const [found] = compareOutcomes(expected, parseOutcomes('{"k":"2","err":"a\\nb"}'));
  expect(found && describeDifference('s', found).split('\n')).toEqual([
    's 2: write n 1\\n2\\n',
    '  expected err="EINVAL"',
    '  actual   err="a\\nb"',
  ]);
});

test('of long answers, what lies around the difference is shown', () => {
  const long = (end: string) =>
    parseOutcomes(JSON.stringify({ k: '2', op: 'read', what: 'f', data: `${'x'.repeat(1000)}${end}` }));
  const [found] = compareOutcomes(long('one'), long('two'));
  const [, expected, actual] = (found && describeDifference('s', found).split('\n')) ?? [];
  expect([expected?.slice(-12), actual?.slice(-12)]).toEqual(['xxxxxxxxone"', 'xxxxxxxxtwo"']);
});

test('missing and extra outcomes are differences', () => {
  const found = compareOutcomes(golden, parseOutcomes('{"k":"0","data":"x"}\n{"k":"9","crash":"E"}'));
  expect(found.map((one) => [one.key, one.fields])).toEqual([
    ['1', ['<missing>']],
    ['9', ['<extra>']],
  ]);
});

test('junk lines and repeated keys stay visible', () => {
  const odd = parseOutcomes('{"k":"0","data":"x"}\nTraceback\n{"k":"0","data":"y"}\n[1]\n{"k":5}');
  expect([...odd.keys()]).toEqual(['0', '?line1', '0+', '?line3', '?line4']);
});

test('every changed field of any outcome is found, and nothing else', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.array(fc.string()), fc.record({ len: fc.nat() }));
  const outcome = fc.dictionary(fc.constantFrom('err', 'at', 'data', 'n', 'names'), value, { minKeys: 1 });
  fc.assert(
    fc.property(fc.array(outcome, { minLength: 1 }), fc.nat(), (list, at) => {
      const lines = list.map((fields, index) => JSON.stringify({ k: String(index), ...fields }));
      const index = at % list.length;
      const changed = [...lines];
      changed[index] = JSON.stringify({ k: String(index), ...list[index], size: -1 });
      const differences = compareOutcomes(parseOutcomes(lines.join('\n')), parseOutcomes(changed.join('\n')));
      expect(differences.map((one) => [one.key, one.fields])).toEqual([[String(index), ['size']]]);
    }),
  );
});
