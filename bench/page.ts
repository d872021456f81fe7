/** docs/reports/performance.md, and the comparison of two runs. */
import { cpus, release } from 'node:os';
import { formatTable } from '../cli/table.ts';
import { boundRows } from './bounds.ts';
import type { Growth } from './growth.ts';
import { type BenchLine, figure } from './line.ts';
import { mergeRuns } from './runs.ts';

export interface BenchRun {
  readonly machine: string;
  readonly date: string;
  /** Load average of a minute when it began: what else the machine did. */
  readonly load?: number;
  /** Of all runs together. */
  readonly lines: readonly BenchLine[];
  /** What was bounded: its name, the bound, a figure of each run, `met` or `missed`. */
  readonly bounds?: readonly (readonly string[])[];
}

/** @param runs the first one has all that was measured, the others what has a bound. */
export function benchRun(runs: readonly (readonly BenchLine[])[], now: Date, load: number): BenchRun {
  const processors = cpus();
  const machine = `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown'}, Linux ${release()}, Node ${process.versions.node}`;
  return { machine, date: now.toISOString().slice(0, 10), load, lines: mergeRuns(runs), bounds: boundRows(runs) };
}

/** A line for each point, compared with the first of its curve. */
export function growthLines(curves: readonly Growth[]): BenchLine[] {
  return curves.flatMap(({ what, operation, unit, points }) =>
    points.map(([size, value]) => ({
      area: 'growth',
      what: `${operation}, ${what}: ${size}`,
      value,
      unit,
      ...(size === points[0]?.[0]
        ? {}
        : { against: String(points[0]?.[0]), ratio: value / (points[0]?.[1] ?? Number.NaN) }),
    })),
  );
}

function spreadText(line: BenchLine): string {
  return line.spread === undefined ? '' : ` (${line.spread.map((value) => value.toFixed(2)).join(' to ')})`;
}

export function page(run: BenchRun): string {
  const areas = [...new Set(run.lines.map((line) => line.area))];
  const tables = areas.map((area) => {
    const rows = run.lines
      .filter((line) => line.area === area)
      .map((line) => {
        const ratio = line.ratio === undefined ? '' : `${line.ratio.toFixed(2)}${spreadText(line)}`;
        return `| ${line.what} | ${figure(line.value)} ${line.unit} | ${ratio} | ${line.against ?? ''} |`;
      });
    const picture = area === 'growth' ? ['![Growth curves](growth.svg)', ''] : [];
    return [
      `## ${area}`,
      '',
      ...picture,
      '| what | value | ratio (spread) | against |',
      '|---|---|---|---|',
      ...rows,
    ].join('\n');
  });
  return `${[
    '# Performance',
    '',
    `Written by \`npm run bench -- --write\` on ${run.date}: ${run.machine}. Medians; ratios compare what was measured by turns in the same run, their`,
    `spread is the range of the rounds. Absolute times are those of that machine${loadText(run)}.`,
    'Worlds are measured with `--no-mediation`, but for the areas launch and worlds, and for work, where the name of the setting says it.',
    'Bounds that are missed, with the reasons: [performance-limits.md](performance-limits.md).',
    '',
    ...boundsText(run),
    tables.join('\n\n'),
  ].join('\n')}\n`;
}

function boundsText({ bounds = [] }: BenchRun): string[] {
  if (bounds.length === 0) return [];
  return [
    '## Bounds',
    '',
    '| what | bound | each run | |',
    '|---|---|---|---|',
    ...bounds.map((row) => `| ${row.join(' | ')} |`),
    '',
  ];
}

function loadText({ load }: BenchRun): string {
  return load === undefined ? '' : `, whose load average was ${load.toFixed(1)} when it began`;
}

/** Ratios that got worse by more than what both runs scatter. @returns a table, or undefined when there is none. */
export function regressions(before: BenchRun, after: BenchRun): string | undefined {
  const key = (line: BenchLine): string => `${line.area}: ${line.what}`;
  const old = new Map(before.lines.map((line) => [key(line), line]));
  const worse = after.lines.flatMap((line) => {
    const was = old.get(key(line));
    if (line.ratio === undefined || was?.ratio === undefined) return [];
    const scatter = (one: BenchLine): number =>
      one.spread === undefined ? 0.1 : (one.spread[1] - one.spread[0]) / (one.ratio ?? 1);
    const allowed = was.ratio * (1 + Math.max(scatter(was), scatter(line), 0.05));
    return line.ratio > allowed ? [[key(line), was.ratio.toFixed(2), line.ratio.toFixed(2)]] : [];
  });
  return worse.length === 0 ? undefined : formatTable(['WHAT', 'BEFORE', 'NOW'], worse);
}
