/** Writes a report for the terminal and as the page docs/reports/conformance.md. */
import { describeDifference } from './compare.ts';
import type { KnownDifference } from './known-differences.ts';
import { areaRows, type NotRun, percent, type Report, type Row, totalRow } from './report.ts';

const SHOWN_PER_SCENARIO = 10;

function cells(row: Row, withBare: boolean): string[] {
  const bare = row.bareEqual === undefined ? '-' : percent(row.bareEqual, row.steps);
  return [
    row.area,
    String(row.steps),
    String(row.equal),
    String(row.known),
    String(row.unexpected),
    percent(row.equal, row.steps),
    ...(withBare ? [bare] : []),
  ];
}

function heading(withBare: boolean): string[] {
  return ['area', 'steps', 'equal', 'known', 'unexpected', 'score', ...(withBare ? ['bare host'] : [])];
}

function notRunByModule(notRun: readonly NotRun[]): { modules: string; scenarios: number; steps: number }[] {
  const groups = new Map<string, NotRun[]>();
  for (const entry of notRun) {
    const modules = entry.missing.join(', ');
    groups.set(modules, [...(groups.get(modules) ?? []), entry]);
  }
  return [...groups].map(([modules, entries]) => ({
    modules,
    scenarios: entries.length,
    steps: entries.reduce((sum, entry) => sum + entry.steps, 0),
  }));
}

export function alignedTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function terminalReport(report: Report): string {
  const withBare = report.results.some((result) => result.bareEqual !== undefined);
  const lines: string[] = [];
  for (const result of report.results) {
    if (result.problem !== undefined) lines.push(`FAILED ${result.scenario}: ${result.problem}`);
    for (const found of result.unexpected.slice(0, SHOWN_PER_SCENARIO)) {
      lines.push(describeDifference(result.scenario, found));
    }
    const more = result.unexpected.length - SHOWN_PER_SCENARIO;
    if (more > 0) lines.push(`${result.scenario}: and ${more} more`);
    for (const text of result.stale) lines.push(`UNEXPECTEDLY EQUAL ${text}`);
  }
  for (const text of report.stale) lines.push(`USELESS ENTRY ${text}`);
  if (lines.length > 0) lines.push('');
  const rows = [...areaRows(report), totalRow(report)].map((row) => cells(row, withBare));
  lines.push(alignedTable([heading(withBare), ...rows]));
  for (const group of notRunByModule(report.notRun)) {
    lines.push(`module not implemented: ${group.modules}: ${group.scenarios} scenarios, ${group.steps} steps not run`);
  }
  return lines.join('\n');
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const escaped = (cell: string) => cell.replaceAll('|', '\\|');
  const line = (row: readonly string[]) => `| ${row.map(escaped).join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)];
}

/** By reason; the exact steps are in known-differences.json. */
function knownTable(report: Report, known: readonly KnownDifference[]): string[] {
  const reasons = [...new Set(known.map((entry) => entry.reason))];
  const rows = reasons.map((reason) => {
    const found = report.results.flatMap((result) =>
      result.known.filter((one) => one.reason === reason).map(() => result.scenario),
    );
    const since = known.find((entry) => entry.reason === reason)?.since ?? '?';
    return [reason, String(found.length), [...new Set(found)].join(', '), since];
  });
  return rows.length === 0 ? ['None.'] : markdownTable(['reason', 'steps', 'scenarios', 'since'], rows);
}

function scenarioTable(report: Report, kernels: Readonly<Record<string, string>>): string[] {
  const rows = report.results.map((result) => [
    result.scenario,
    kernels[result.scenario] ?? '?',
    String(result.counts.steps),
    String(result.counts.equal),
    String(result.counts.known),
    String(result.counts.unexpected),
  ]);
  return markdownTable(['scenario', 'kernel', 'steps', 'equal', 'known', 'unexpected'], rows);
}

/** The page holds no times and no paths, so that it changes only when an answer does. */
export function markdownReport(
  report: Report,
  known: readonly KnownDifference[],
  kernels: Readonly<Record<string, string>>,
): string {
  const withBare = report.results.some((result) => result.bareEqual !== undefined);
  const rows = [...areaRows(report), totalRow(report)].map((row) => cells(row, withBare));
  const lines = [
    '# Conformance',
    '',
    'Written by `npm run conformance -- --bare --write`; do not edit. Every step is one question to the filesystem face of the security',
    'modules: its answer in a world of lsmfs is compared with the answer recorded from a real Linux kernel, byte for byte.',
    ...(withBare ? ['The last column: how many of the same answers a host without lsmfs gives.'] : []),
    '',
    ...markdownTable(heading(withBare), rows),
    '',
    '## Known differences',
    '',
    ...knownTable(report, known),
    '',
    '## Scenarios',
    '',
    ...scenarioTable(report, kernels),
    '',
    '## Not run: module not implemented',
    '',
    ...(report.notRun.length === 0
      ? ['None.']
      : markdownTable(
          ['scenario', 'missing', 'steps'],
          report.notRun.map((entry) => [entry.scenario, entry.missing.join(', '), String(entry.steps)]),
        )),
    '',
  ];
  return lines.join('\n');
}
