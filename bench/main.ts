/**
 * `npm run bench`: what the design's budgets are held by. Everything is measured side by side in this run; where a yardstick exists the ratio is
 * what counts, because the machine's speed is not ours.
 *
 * usage: tsx bench/main.ts [--json] [--quick] [--only=transport,policy,apparmor,supervisor,namespaces,launch]
 */
import { parseArgs } from 'node:util';
import { formatJson, formatTable } from '../cli/table.ts';
import { benchApparmor } from './apparmor.ts';
import { runLaunchBench } from './launch.ts';
import { runNamespaceBench } from './namespaces.ts';
import { benchPolicy } from './policy.ts';
import { runSupervisorBench } from './supervisor.ts';
import { runTransportBench } from './transport/index.ts';

export interface BenchLine {
  readonly area: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What `ratio` compares with; absent = no yardstick. */
  readonly against?: string;
  readonly ratio?: number;
}

const AREAS = ['transport', 'policy', 'apparmor', 'supervisor', 'namespaces', 'launch'] as const;

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, only: { type: 'string' } },
});
const chosen = values.only?.split(',') ?? AREAS;
const unknown = chosen.filter((area) => !(AREAS as readonly string[]).includes(area));
if (unknown.length > 0) {
  process.stderr.write(`bench: no area '${unknown.join(', ')}'; there are ${AREAS.join(', ')}\n`);
  process.exit(125);
}
const progress = (line: string): void => void process.stderr.write(`${line}\n`);

const lines: BenchLine[] = [];
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
if (chosen.includes('launch')) {
  progress('launch: lsmfs run -- true against booting User-mode Linux');
  for (const row of runLaunchBench(values.quick === true ? 3 : 10)) {
    lines.push({
      area: 'launch',
      what: row.what,
      value: row.milliseconds,
      unit: 'ms',
      ...(row.ratio === undefined ? {} : { against: 'kernel boot', ratio: row.ratio }),
    });
  }
}

process.stdout.write(
  values.json === true
    ? formatJson(lines)
    : formatTable(
        ['AREA', 'WHAT', 'VALUE', 'UNIT', 'RATIO', 'AGAINST'],
        lines.map((line) => [
          line.area,
          line.what,
          line.value >= 1000 ? line.value.toFixed(0) : line.value.toPrecision(3),
          line.unit,
          line.ratio?.toFixed(2) ?? '',
          line.against ?? '',
        ]),
      ),
);
