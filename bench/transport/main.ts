/** The transport bench alone. usage: tsx bench/transport/main.ts [--json] [--rounds=N] [--seconds=S] */
import { parseArgs } from 'node:util';
import { type BenchRow, runTransportBench } from './index.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, rounds: { type: 'string' }, seconds: { type: 'string' } },
});
const rows = await runTransportBench({
  ...(values.rounds !== undefined && { rounds: Number(values.rounds) }),
  ...(values.seconds !== undefined && { seconds: Number(values.seconds) }),
  onProgress: (line) => console.error(line),
});
console.log(values.json ? JSON.stringify(rows, null, 2) : table(rows));

function table(all: readonly BenchRow[]): string {
  const lines = all.map((row) => [
    row.operation.padEnd(16),
    String(row.clients).padStart(7),
    row.server.padEnd(12),
    row.operationsPerSecond.toFixed(0).padStart(9),
    row.medianMicroseconds.toFixed(1).padStart(10),
    row.p99Microseconds.toFixed(1).padStart(10),
    `${row.ratio.toFixed(2)} x`.padStart(9),
  ]);
  const head = ['operation       ', 'clients', 'server      ', '    ops/s', ' median us', '    p99 us', ' time vs C'];
  return [head, ...lines].map((cells) => cells.join('  ')).join('\n');
}
