import { expect, test } from 'vitest';
import { compareOutcomes } from './compare.ts';
import { entriesWithoutScenario, judge, type KnownDifference, parseKnownDifferences } from './known-differences.ts';
import { type KnownValues, pinnedText } from './known-values.ts';
import { parseOutcomes } from './outcomes.ts';

const golden = parseOutcomes('{"k":"1.0","err":"EINVAL"}\n{"k":"1.1","n":3,"at":"write"}\n{"k":"2","data":"x"}');
const same = '{"k":"2","data":"x"}';
const because = { reason: 'not enforced outside the kernel', since: '2026-11-25' };

function judged(actual: string, list: readonly KnownDifference[], scenario = 'b-some', values: KnownValues = {}) {
  const judgement = judge(scenario, golden.keys(), compareOutcomes(golden, parseOutcomes(actual)), list, values);
  return {
    known: judgement.known.map((one) => one.difference.key),
    unexpected: judgement.unexpected.map((one) => one.key),
    stale: judgement.stale,
  };
}

const entry: KnownDifference = { scenario: 'b-.*', step: '1\\..*', ...because };
const bothDiffer = `{"k":"1.0","err":"EPERM"}\n{"k":"1.1","n":4,"at":"write"}\n${same}`;

test('a listed difference is known, an unlisted one unexpected', () => {
  expect(judged(bothDiffer, [entry])).toEqual({ known: ['1.0', '1.1'], unexpected: [], stale: [] });
  expect(judged(bothDiffer, [])).toEqual({ known: [], unexpected: ['1.0', '1.1'], stale: [] });
});

test('patterns match whole names, and other scenarios are not concerned', () => {
  expect(judged(bothDiffer, [{ ...entry, step: '1' }]).unexpected).toEqual(['1.0', '1.1']);
  expect(judged(bothDiffer, [{ ...entry, scenario: 'b-' }])).toEqual({
    known: [],
    unexpected: ['1.0', '1.1'],
    stale: [],
  });
});

test('only the listed fields may differ', () => {
  const fields = { ...entry, step: '1\\.1', fields: ['n'] };
  expect(judged(`{"k":"1.0","err":"EINVAL"}\n{"k":"1.1","n":4,"at":"write"}\n${same}`, [fields]).known).toEqual([
    '1.1',
  ]);
  expect(judged(`{"k":"1.0","err":"EINVAL"}\n{"k":"1.1","n":4,"at":"x"}\n${same}`, [fields]).unexpected).toEqual([
    '1.1',
  ]);
});

test('a listed step that is equal is stale, and so is an entry that names nothing', () => {
  const oneDiffers = `{"k":"1.0","err":"EINVAL"}\n{"k":"1.1","n":4,"at":"write"}\n${same}`;
  expect(judged(oneDiffers, [entry]).stale.join()).toContain('b-some 1.0: listed as different, but is equal');
  expect(judged(bothDiffer, [entry, { ...entry, step: '77' }]).stale.join()).toContain('names no step');
  expect(entriesWithoutScenario([entry], ['b-some'])).toEqual([]);
  expect(entriesWithoutScenario([entry], ['c-other']).join()).toContain('names no scenario');
});

test('a listed difference has the value that is pinned, unless it says why that varies', () => {
  const results = (actual: string, list: readonly KnownDifference[]) => {
    const { known } = judge('b-some', golden.keys(), compareOutcomes(golden, parseOutcomes(actual)), list);
    return [{ scenario: 'b-some', known }];
  };
  const values: KnownValues = JSON.parse(pinnedText({ other: { k: 'kept' } }, results(bothDiffer, [entry])));
  expect(values).toEqual({ 'b-some': { '1.0': '{"err":"EPERM"}', '1.1': '{"n":4}' }, other: { k: 'kept' } });
  const another = bothDiffer.replace('"n":4', '"n":5');
  expect(judged(bothDiffer, [entry], 'b-some', values).known).toEqual(['1.0', '1.1']);
  expect(judged(another, [entry], 'b-some', values)).toEqual({ known: ['1.0'], unexpected: ['1.1'], stale: [] });
  const varies = { ...entry, varies: 'a number that is never the same' };
  expect(judged(another, [varies], 'b-some', values).known).toEqual(['1.0', '1.1']);
  expect(JSON.parse(pinnedText(values, results(another, [varies])))).toEqual({ other: { k: 'kept' } });
});

test('a pinned value of what does not differ any more is stale', () => {
  const oneDiffers = `{"k":"1.0","err":"EINVAL"}\n{"k":"1.1","n":4,"at":"write"}\n${same}`;
  const values: KnownValues = { 'b-some': { '1.0': '{"err":"EPERM"}', '1.1': '{"n":4}' }, 'b-gone': { '1': '{}' } };
  const one = { ...entry, step: '1\\.1' };
  expect(judged(oneDiffers, [one], 'b-some', values).stale).toEqual([
    'b-some 1.0: its value is pinned, but no listed difference has it (--pin)',
  ]);
  expect(judged(bothDiffer, [entry], 'b-some', values).stale).toEqual([]);
  const varies = { ...entry, varies: 'a number that is never the same' };
  expect(judged(bothDiffer, [varies], 'b-some', values).stale.length).toBe(2);
  expect(entriesWithoutScenario([], ['b-some'], values)).toEqual(['b-gone: values are pinned of no scenario']);
});

test('a listed outcome that only lsmfs has is known', () => {
  const actual = `{"k":"1.0","err":"EINVAL"}\n{"k":"1.1","n":3,"at":"write"}\n${same}\n{"k":"3","n":1}`;
  expect(judged(actual, [{ ...entry, step: '3' }])).toEqual({ known: ['3'], unexpected: [], stale: [] });
});

test.each([
  ['{', 'JSON'],
  ['{}', 'top level'],
  ['[{"scenario":"(","step":"1","reason":"long enough","since":"now"}]', '0.scenario: not a regular expression'],
  ['[{"scenario":"a","step":"1","since":"now"}]', '0.reason'],
  ['[{"scenario":"a","step":"1","reason":"long enough","since":"now","k":"x"}]', '0.k'],
])('a malformed list is refused: %s', (text, message) => {
  expect(() => parseKnownDifferences(text)).toThrow(message);
});
