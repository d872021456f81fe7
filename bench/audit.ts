/**
 * What a container that floods its audit at full speed costs the host, among a hundred audits: records that it loses,
 * and an audited call of its own (a request that is recorded and answered) with and without the flood, by turns.
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { BenchLine } from './line.ts';
import { median } from './statistics.ts';

const root = path.resolve(import.meta.dirname, '..');

/** @param calls of a round. */
export function runAuditBench(rounds: number, calls: number, instances = 100): BenchLine[] {
  const client = ['python3', path.join(root, 'bench/inside/audit.py'), ...[instances, rounds, calls].map(String)];
  const argv = [path.join(root, 'dist/lsmfs.js'), 'run', '--lsm=yama', '--param', 'audit=1', '--', ...client];
  const text = execFileSync(process.execPath, argv, { encoding: 'utf8', timeout: 300_000 });
  const found = text
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  const values = (name: string): number[] => found.filter(([key]) => key === name).map(([, value]) => Number(value));
  const value = (name: string): number => values(name)[0] ?? Number.NaN;
  const [quiet, flood] = [values('quiet'), values('flood')];
  const ratios = flood.map((one, round) => one / (quiet[round] ?? Number.NaN));
  const among = `${instances} audits in containers`;
  const line = (what: string, value: number, unit: string): BenchLine => ({ area: 'audit', what, value, unit });
  return [
    line(`audited call of the host, ${among}`, median(quiet), 'us median'),
    {
      ...line('the same while one floods', median(flood), 'us median'),
      ratio: median(ratios),
      spread: [Math.min(...ratios), Math.max(...ratios)],
      against: 'no flood',
    },
    line('messages of the flood', value('sent'), ''),
    line("records lost of it, in its audit and the host's, counted in it", value('lost there'), ''),
    line("records lost in the host's audit", value('lost'), ''),
    line('records of the host that its daemon did not get', value('missing'), ''),
  ];
}
