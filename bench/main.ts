/**
 * `npm run bench`: what the design's budgets are held by. Everything is measured side by side in this run; where a
 * yardstick exists the ratio is what counts, because the machine's speed is not ours.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { formatJson, formatTable } from '../cli/table.ts';
import { AREAS } from './areas.ts';
import { BOUNDED_AREAS } from './bounds.ts';
import type { Growth } from './growth.ts';
import { type BenchLine, figure } from './line.ts';
import { type BenchRun, benchRun, growthLines, page, regressions } from './page.ts';
import { plot } from './plot.ts';

const USAGE = `Usage: npm run bench -- [--only=AREA,...] [--quick] [--runs=N] [--json] [--write] [--compare=FILE]

As root, with what scripts/setup test installs.

  --only=AREA,...  these areas instead of all
  --quick          fewer rounds: whether it works, not figures
  --runs=N         areas with a bound N times (1 to 99), for docs/performance.md 3
  --json           what --compare reads, instead of a table
  --write          docs/performance.md, with areas worlds and growth docs/growth.svg, too
  --compare=FILE   an earlier run's --json: exit status 1 and a table when a ratio got worse by more than its spread

Areas:
${[...AREAS].map(([name, { title }]) => `  ${name.padEnd(12)} ${title}`).join('\n')}

Examples:
  npm run bench -- --only=mediation                           what mediation costs
  npm run --silent bench -- --only=work,mediation --json > before.json
  npm run bench -- --only=work,mediation --compare=before.json
  npm run bench -- --write --runs=3                           the page docs/performance.md
`;

function parsed() {
  try {
    return parseArgs({
      options: {
        help: { type: 'boolean' },
        json: { type: 'boolean' },
        quick: { type: 'boolean' },
        only: { type: 'string' },
        write: { type: 'boolean' },
        runs: { type: 'string', default: '1' },
        compare: { type: 'string' },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(125);
  }
}

const values = parsed();
if (values.help === true) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const chosen = values.only?.split(',') ?? [...AREAS.keys()];
const unknown = chosen.filter((area) => !AREAS.has(area));
if (unknown.length > 0) {
  process.stderr.write(`bench: no area '${unknown.join(', ')}'; there are ${[...AREAS.keys()].join(', ')}\n`);
  process.exit(125);
}
if (!/^[1-9]\d?$/.test(values.runs)) {
  process.stderr.write(`bench: --runs='${values.runs}' is no number from 1 to 99\n`);
  process.exit(125);
}
const progress = (line: string): void => void process.stderr.write(`${line}\n`);

const [load = 0] = loadavg();
const runs: BenchLine[][] = [];
const curves: Growth[] = [];
for (let number = 0; number < Number(values.runs); number++) {
  const lines: BenchLine[] = [];
  for (const [name, area] of AREAS) {
    if (!chosen.includes(name) || (number > 0 && !BOUNDED_AREAS.has(name))) continue;
    progress(`${name}: ${area.title}`);
    const measured = await area.measure(values.quick === true, progress);
    lines.push(...measured.lines);
    if (number === 0) curves.push(...(measured.curves ?? []));
  }
  if (number === 0) lines.push(...growthLines(curves));
  runs.push(lines);
}

const run = benchRun(runs, new Date(), load);
if (values.write === true) {
  const docs = path.resolve(import.meta.dirname, '../docs');
  writeFileSync(path.join(docs, 'performance.md'), page(run));
  if (curves.length > 0) writeFileSync(path.join(docs, 'growth.svg'), plot(curves));
}
process.stdout.write(
  values.json === true
    ? formatJson(run)
    : formatTable(
        ['AREA', 'WHAT', 'VALUE', 'UNIT', 'RATIO', 'AGAINST'],
        run.lines.map((line) => [
          line.area,
          line.what,
          figure(line.value),
          line.unit,
          line.ratio?.toFixed(2) ?? '',
          line.against ?? '',
        ]),
      ),
);
if (values.compare !== undefined) {
  const worse = regressions(JSON.parse(readFileSync(values.compare, 'utf8')) as BenchRun, run);
  process.stderr.write(worse ?? 'no ratio got worse by more than its spread\n');
  if (worse !== undefined) process.exitCode = 1;
}
