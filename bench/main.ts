/**
 * `npm run bench`: what the design's budgets are held by. Everything is measured side by side in this run; where a
 * yardstick exists the ratio is what counts, because the machine's speed is not ours.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { formatJson, formatTable } from '../cli/table.ts';
import { WITHOUT_POLICY, WITHOUT_STANDBY } from '../test/support/without-policy.ts';
import { AREAS } from './areas.ts';
import { BOUNDED_AREAS } from './bounds.ts';
import { type Choice, choices } from './choice.ts';
import type { Growth } from './growth.ts';
import { type BenchLine, figure } from './line.ts';
import { type BenchRun, benchRun, growthLines, page, regressions } from './page.ts';
import { plot } from './plot.ts';

Object.assign(process.env, WITHOUT_POLICY, WITHOUT_STANDBY);

const USAGE = `Usage: npm run bench -- [--only=AREA[:PART[:SETTING]],...] [--rounds=N] [--quick] [--runs=N] [--json] [--write] [--compare=FILE]

As root, with what scripts/setup test installs.

  --only=AREA,...  these areas instead of all; of an area with parts those whose names contain PART, done where the name contains SETTING
  --rounds=N       of areas with parts (1 to 99)
  --quick          fewer rounds: whether it works, not figures
  --runs=N         areas with a bound N times (1 to 99), for docs/reports/performance.md 3
  --json           what --compare reads, instead of a table
  --write          docs/reports/performance.md, with areas worlds and growth docs/reports/growth.svg, too
  --compare=FILE   an earlier run's --json: exit status 1 and a table when a ratio got worse by more than its spread

Areas:
${[...AREAS].map(([name, { title }]) => `  ${name.padEnd(12)} ${title}`).join('\n')}

Examples:
  npm run bench -- --only=work                                what worlds cost
  npm run bench -- --only=work:grep:enforcing --rounds=3      one work, outside and where it is mediated, in half a minute
  npm run --silent bench -- --only=work,calls --json > before.json
  npm run bench -- --only=work,calls --compare=before.json
  npm run bench -- --write --runs=3                           the page docs/reports/performance.md
`;

function refuse(reason: string): never {
  process.stderr.write(`bench: ${reason}\n`);
  process.exit(125);
}

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
        rounds: { type: 'string' },
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
const chosen = values.only === undefined ? [...AREAS.keys()].map((area): Choice => ({ area })) : choices(values.only);
for (const { area, part, setting } of chosen) {
  const known = AREAS.get(area);
  if (known === undefined) refuse(`no area '${area}'; there are ${[...AREAS.keys()].join(', ')}`);
  if ((part ?? setting) !== undefined && known.hasParts !== true) refuse(`area '${area}' has no parts`);
}
for (const [option, text = '1'] of [
  ['runs', values.runs],
  ['rounds', values.rounds],
] as const) {
  if (!/^[1-9]\d?$/.test(text)) refuse(`--${option}='${text}' is no number from 1 to 99`);
}
const progress = (line: string): void => void (process.stderr.isTTY && process.stderr.write(`${line}\n`));

const [load = 0] = loadavg();
const runs: BenchLine[][] = [];
const curves: Growth[] = [];
for (let number = 0; number < Number(values.runs); number++) {
  const lines: BenchLine[] = [];
  for (const [name, area] of AREAS) {
    if (number > 0 && !BOUNDED_AREAS.has(name)) continue;
    for (const { part, setting } of chosen.filter((choice) => choice.area === name)) {
      progress(`${name}: ${area.title}`);
      const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
      const measured = await area.measure({ quick: values.quick === true, rounds, part, setting, progress });
      lines.push(...measured.lines);
      if (number === 0) curves.push(...(measured.curves ?? []));
    }
  }
  if (number === 0) lines.push(...growthLines(curves));
  runs.push(lines);
}

const run = benchRun(runs, new Date(), load);
if (values.write === true) {
  const docs = path.resolve(import.meta.dirname, '../docs/reports');
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
