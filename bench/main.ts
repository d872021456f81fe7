/**
 * `npm run bench`: what the design's budgets are held by. Everything is measured side by side in this run; where a
 * yardstick exists the ratio is what counts, because the machine's speed is not ours.
 *
 * usage: tsx bench/main.ts [--json] [--quick] [--write] [--compare=FILE] [--only=AREA,...]
 *   --write         docs/performance.md, with areas worlds and growth docs/growth.svg, too
 *   --compare=FILE  an earlier run's --json: exit status 1 and a table when a ratio got worse by more than its spread
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { formatJson, formatTable } from '../cli/table.ts';
import { benchApparmor } from './apparmor.ts';
import { runAuditBench } from './audit.ts';
import { type Growth, runGrowthBench } from './growth.ts';
import { runIntegrityBench } from './integrity.ts';
import { runLabelledBench } from './labelled.ts';
import { runLaunchBench } from './launch.ts';
import { runMediationBench } from './mediation/index.ts';
import { runNamespaceBench } from './namespaces.ts';
import { runNodeBench } from './nodes.ts';
import { type BenchLine, type BenchRun, benchRun, figure, growthLines, page, regressions } from './page.ts';
import { plot } from './plot.ts';
import { benchPolicy } from './policy.ts';
import { benchSmack } from './smack.ts';
import { runSupervisorBench } from './supervisor.ts';
import { runTransportBench } from './transport/index.ts';
import { runWorkBench } from './work.ts';
import { runWorldsBench } from './worlds.ts';

const AREAS = [
  'work',
  'mediation',
  'nodes',
  'transport',
  'policy',
  'apparmor',
  'smack',
  'supervisor',
  'namespaces',
  'integrity',
  'audit',
  'labelled',
  'launch',
  'worlds',
  'growth',
] as const;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    only: { type: 'string' },
    write: { type: 'boolean' },
    compare: { type: 'string' },
  },
});
const chosen = values.only?.split(',') ?? AREAS;
const unknown = chosen.filter((area) => !(AREAS as readonly string[]).includes(area));
if (unknown.length > 0) {
  process.stderr.write(`bench: no area '${unknown.join(', ')}'; there are ${AREAS.join(', ')}\n`);
  process.exit(125);
}
const progress = (line: string): void => void process.stderr.write(`${line}\n`);

const [load = 0] = loadavg();
const lines: BenchLine[] = [];
const curves: Growth[] = [];
if (chosen.includes('work')) {
  progress('work: real work outside and in worlds');
  for (const row of runWorkBench(values.quick === true ? 1 : 3, progress)) {
    lines.push({
      area: 'work',
      what: `${row.work}, ${row.setting}`,
      value: row.seconds,
      unit: 's',
      ratio: row.ratio,
      spread: [row.lowest, row.highest],
      against: 'outside',
    });
  }
}
if (chosen.includes('mediation')) {
  progress('mediation: real work and an open where modules decide');
  lines.push(...(values.quick === true ? runMediationBench(1, 1, progress) : runMediationBench(3, 5, progress)));
}
if (chosen.includes('nodes')) {
  progress('nodes: those of a world with a policy, beside a C libfuse program');
  for (const row of await runNodeBench(values.quick === true ? 1 : 5)) {
    const what = `${row.what}${row.pinned ? ', one CPU' : ''}`;
    lines.push({ area: 'nodes', what, value: row.microseconds, unit: 'us', ratio: row.ratio, against: 'C libfuse3' });
  }
}
if (chosen.includes('transport')) {
  progress('transport: lsmfs, a C libfuse program and fuse-native, in random order');
  const rows = await runTransportBench({
    rounds: values.quick === true ? 2 : 5,
    seconds: values.quick === true ? 0.2 : 0.5,
    onProgress: progress,
  });
  for (const row of rows) {
    lines.push({
      area: 'transport',
      what: `${row.operation}, ${row.clients} client${row.clients === 1 ? '' : 's'}, ${row.server}`,
      value: row.medianMicroseconds,
      unit: 'us median',
      against: 'C libfuse3',
      ratio: row.ratio,
    });
  }
}
if (chosen.includes('policy')) {
  progress('policy: parse, load and decide with the Debian policy');
  for (const { name, value, unit } of benchPolicy()) lines.push({ area: 'policy', what: name, value, unit });
}
if (chosen.includes('apparmor')) {
  progress('apparmor: load, ask, print, a thousand namespaces');
  for (const { name, value, unit } of benchApparmor()) lines.push({ area: 'apparmor', what: name, value, unit });
}
if (chosen.includes('smack')) {
  progress('smack: ten thousand rules loaded, read, asked about');
  for (const { name, value, unit } of benchSmack()) lines.push({ area: 'smack', what: name, value, unit });
}
if (chosen.includes('supervisor')) {
  progress('supervisor: calls that are not ours, native and supervised');
  for (const row of runSupervisorBench()) {
    const { call, native, supervised, added } = row;
    lines.push({
      area: 'supervisor',
      what: `${call}, added`,
      value: added,
      unit: 'us',
      against: 'native',
      ratio: supervised / native,
    });
  }
}
if (chosen.includes('namespaces')) {
  progress('namespaces: one SELinux namespace and many');
  for (const row of runNamespaceBench(values.quick === true ? 200 : 1000)) lines.push({ area: 'namespaces', ...row });
}
if (chosen.includes('integrity')) {
  progress('integrity: opens under a policy of IMA, and its list');
  const [rounds, files, entries] = values.quick === true ? [1, 1000, 10_000] : [3, 10_000, 100_000];
  for (const row of runIntegrityBench(rounds, files, entries)) lines.push({ area: 'integrity', ...row });
}
if (chosen.includes('audit')) {
  progress('audit: a hundred containers, one of which floods');
  lines.push(...runAuditBench(values.quick === true ? 1 : 5, values.quick === true ? 200 : 1000));
}
if (chosen.includes('labelled')) {
  progress('labelled: content below `lsmfs mount --labels`, and below the directory itself');
  for (const row of await runLabelledBench(values.quick === true ? 3 : 11))
    lines.push({ area: 'labelled', unit: 's', against: 'the directory', ...row });
}
if (chosen.includes('launch')) {
  progress('launch: lsmfs run -- true against booting User-mode Linux');
  for (const row of runLaunchBench(values.quick === true ? 3 : 10)) {
    lines.push({
      area: 'launch',
      what: row.what,
      value: row.milliseconds,
      unit: 'ms',
      ...(row.ratio === undefined ? {} : { against: row.against ?? '', ratio: row.ratio }),
      ...(row.spread === undefined ? {} : { spread: row.spread }),
    });
  }
}
if (chosen.includes('worlds')) {
  progress('worlds: many at once');
  const { rows, growth } = await runWorldsBench(values.quick === true ? [1, 10] : [1, 10, 100]);
  for (const row of rows) lines.push({ area: 'worlds', ...row });
  curves.push(growth);
}
if (chosen.includes('growth')) {
  progress('growth: one operation among more and more of something');
  curves.push(...runGrowthBench(values.quick === true ? [10, 100] : [10, 100, 1000]));
}
lines.push(...growthLines(curves));

const run = benchRun(lines, new Date(), load);
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
        lines.map((line) => [
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
