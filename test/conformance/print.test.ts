import { expect, test } from 'vitest';
import { compareOutcomes } from './compare.ts';
import { parseOutcomes } from './outcomes.ts';
import { markdownReport, terminalReport } from './print.ts';
import { areaRows, percent, type Report, type ScenarioResult, totalRow } from './report.ts';

const [difference] = compareOutcomes(
  parseOutcomes('{"k":"1","op":"read","what":"/n","err":"EINVAL"}'),
  parseOutcomes('{"k":"1","err":"EPERM"}'),
);

function result(scenario: string, area: string, unexpected: boolean, bareEqual?: number): ScenarioResult {
  const wrong = unexpected && difference !== undefined ? [difference] : [];
  return {
    scenario,
    area,
    counts: { steps: 1000, equal: 999, known: 1 - wrong.length, unexpected: wrong.length },
    unexpected: wrong,
    known: wrong.length === 0 && difference !== undefined ? [{ difference, reason: 'a | b' }] : [],
    stale: [],
    problem: undefined,
    bareEqual,
  };
}

const report: Report = {
  results: [result('a-one', 'first', false, 10), result('a-two', 'first', true, 20), result('b-one', 'second', false)],
  notRun: [{ scenario: 'd-aa', area: 'third', steps: 7, missing: ['apparmor'] }],
  stale: [],
};

test('areas and the total are summed; scores are rounded down', () => {
  expect(areaRows(report)).toEqual([
    { area: 'first', steps: 2000, equal: 1998, known: 1, unexpected: 1, bareEqual: 30 },
    { area: 'second', steps: 1000, equal: 999, known: 1, unexpected: 0, bareEqual: undefined },
  ]);
  expect(totalRow(report)).toMatchObject({ steps: 3000, equal: 2997, bareEqual: undefined });
  expect(percent(1999, 2000)).toBe('99.9 %');
  expect(percent(5, 5)).toBe('100.0 %');
  expect(percent(0, 0)).toBe('-');
});

test('the terminal shows the step, what was expected and what came, and what did not run', () => {
  const text = terminalReport(report);
  expect(text).toContain('a-two 1: read /n\n  expected err="EINVAL"\n  actual   err="EPERM"\n');
  expect(text).toMatch(/^first +2000 +1998 +1 +1 +99\.9 % +1\.5 %$/m);
  expect(text).toContain('module not implemented: apparmor: 1 scenarios, 7 steps not run');
});

test('the page lists known differences by reason, kernels, and what did not run', () => {
  const known = [{ scenario: 'a-one|b-one', step: '1', reason: 'a | b', since: '0.1.0' }];
  const page = markdownReport(report, known, { 'a-one': '6.12.113' });
  expect(page).toContain('| a \\| b | 2 | a-one, b-one | 0.1.0 |');
  expect(page).toContain('| a-one | 6.12.113 | 1000 | 999 | 1 | 0 |');
  expect(page).toContain('| d-aa | apparmor | 7 |');
  expect(markdownReport({ ...report, notRun: [] }, [], {})).toContain('None.');
});
