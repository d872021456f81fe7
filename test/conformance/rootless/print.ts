/** The report of a run without root: for the terminal, and as the page docs/reports/rootless-conformance.md. */
import { describeDifference } from '../compare.ts';
import { alignedTable, markdownTable } from '../print.ts';
import { percent } from '../report.ts';
import { type Apart, isByName, type Rule } from './rules.ts';
import type { RootlessResult } from './run.ts';

const SHOWN_PER_SCENARIO = 20;
const TARGETS = ['user', 'mapped'];

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

/** Area; then steps, equal answers and their share for each target. */
function areaTable(results: readonly RootlessResult[]): string[][] {
  const row = (name: string, of: readonly RootlessResult[]): string[] => {
    const cells = TARGETS.flatMap((target) => {
      const ours = of.filter((result) => result.target === target);
      const [equal, steps] = [sum(ours.map((result) => result.equal)), sum(ours.map((result) => result.steps))];
      return [String(steps), String(equal), percent(equal, steps)];
    });
    return [name, ...cells];
  };
  const areas = [...new Set(results.map(({ area }) => area))];
  return [
    ['area', ...TARGETS.flatMap((target) => [`${target}: steps`, 'equal', 'score'])],
    ...areas.map((area) =>
      row(
        area,
        results.filter((result) => result.area === area),
      ),
    ),
    row('total', results),
  ];
}

function stepsOf(rule: Rule, target: string, results: readonly RootlessResult[]): number {
  return sum(results.filter((result) => result.target === target).map(({ explained }) => explained.get(rule) ?? 0));
}

/** Steps by reason, one column for each target; then those that differ for root, too, and those that nobody explains. */
function reasonTable(results: readonly RootlessResult[], rules: readonly Rule[]): string[][] {
  const rows = [...new Set(rules.map(({ reason }) => reason))].map((reason) => {
    const those = rules.filter((rule) => rule.reason === reason);
    return [reason, ...TARGETS.map((target) => String(sum(those.map((rule) => stepsOf(rule, target, results)))))];
  });
  const of = (target: string) => results.filter((result) => result.target === target);
  return [
    ...rows,
    [
      'Different for root, too (conformance.md).',
      ...TARGETS.map((target) => String(sum(of(target).map(({ known }) => known)))),
    ],
    ['Not explained.', ...TARGETS.map((target) => String(sum(of(target).map(({ unexpected }) => unexpected.length))))],
  ];
}

/** Rules that explained nothing in a run of everything. */
export function unusedRules(results: readonly RootlessResult[], rules: readonly Rule[]): Rule[] {
  return rules.filter((rule) => !results.some(({ explained }) => explained.has(rule)));
}

/** Everything that makes a run bad, as text. */
export function complaints(results: readonly RootlessResult[]): string[] {
  return results.flatMap(({ scenario, target, problem, unexpected }) => [
    ...(problem === undefined ? [] : [`FAILED ${scenario} (${target}): ${problem}`]),
    ...unexpected.slice(0, SHOWN_PER_SCENARIO).map((found) => describeDifference(`${scenario} (${target})`, found)),
  ]);
}

export function terminalReport(results: readonly RootlessResult[], rules: readonly Rule[]): string {
  return [
    ...complaints(results),
    alignedTable(areaTable(results)),
    '',
    alignedTable([
      ['reason', ...TARGETS],
      ...reasonTable(results, rules).filter((row) => row.slice(1).some((cell) => cell !== '0')),
    ]),
  ].join('\n');
}

export function markdownReport(
  results: readonly RootlessResult[],
  rules: readonly Rule[],
  apart: readonly Apart[],
): string {
  const [head = [], ...areas] = areaTable(results);
  const general = rules.filter((rule) => !isByName(rule));
  const named = rules.filter(isByName);
  return [
    '# Conformance without root',
    '',
    'Written by `npm run conformance -- --rootless --write`; do not edit. The scenarios of [conformance.md](conformance.md), recorded on kernels where root asked,',
    'in worlds of a user without privileges ([rootless.md](../guides/rootless.md)): `user`, where no further id is mapped; `mapped`, where newuidmap(1) maps further ids and',
    'user 0 of the world asks. Nothing is equalled: an answer counts only when it is that of the kernel, byte for byte.',
    '',
    ...markdownTable(head, areas),
    '',
    '## Why answers differ',
    '',
    ...markdownTable(['reason', ...TARGETS], reasonTable(results, general)),
    '',
    '## Differences by name',
    '',
    ...markdownTable(
      ['scenario', 'steps', 'reason', ...TARGETS],
      named.map((rule) => [
        rule.scenario ?? '',
        rule.step ?? '',
        rule.reason,
        ...TARGETS.map((target) => String(stepsOf(rule, target, results))),
      ]),
    ),
    '',
    '## Not run',
    '',
    ...markdownTable(
      ['scenarios', 'where', 'reason'],
      apart.map(({ scenario, target, reason }) => [scenario, target ?? TARGETS.join(', '), reason]),
    ),
    '',
  ].join('\n');
}
