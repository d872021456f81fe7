/**
 * What supervision costs: single system calls of a C program, on the host and in a world, alternating. Medians over the
 * calls of a round, then over the rounds. The bound that matters is the cost of an open that is not ours.
 */
import { execFileSync, type StdioOptions } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { median } from './statistics.ts';

export interface SupervisorRow {
  readonly call: string;
  /** Microseconds. */
  readonly native: number;
  readonly supervised: number;
  readonly added: number;
}

/** Rows of a world that has loaded Debian's policy; outside it makes no difference. */
const LOADED = ', policy loaded';

const root = path.resolve(import.meta.dirname, '..');

/** Calls to their microseconds. @param suffix of the names. */
function round(cwd: string, argv: readonly string[], suffix = ''): [string, number][] {
  const [command = '', ...rest] = argv;
  const stdio: StdioOptions = ['ignore', 'pipe', 'inherit'];
  const text = execFileSync(command, rest, { cwd, encoding: 'utf8', timeout: 60_000, stdio });
  return text
    .trim()
    .split('\n')
    .map((line): [string, number] => {
      const [name = '', nanoseconds = ''] = line.split('\t');
      return [name + suffix, Number(nanoseconds) / 1000];
    });
}

export function runSupervisorBench(rounds = 5, iterations = 2000): SupervisorRow[] {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-bench-'));
  try {
    const client = path.join(directory, 'client');
    execFileSync('gcc', ['-O2', '-o', client, path.join(root, 'bench/supervisor/client.c')]);
    const call = [client, String(iterations)];
    const creations = [...call, 'create'];
    const run = ['run', '--lsm=selinux', '--no-mediation', '--'];
    const world = [process.execPath, path.join(root, 'dist/lsmfs.js'), ...run];
    const loaded = [...world, 'sh', '-c', 'load_policy; exec "$@"', 'sh', ...creations];
    const native: Map<string, number>[] = [];
    const supervised: Map<string, number>[] = [];
    for (let i = 0; i < rounds; i++) {
      native.push(new Map([...round(directory, call), ...round(directory, creations, LOADED)]));
      supervised.push(new Map([...round(directory, [...world, ...call]), ...round(directory, loaded, LOADED)]));
    }
    return [...(native[0]?.keys() ?? [])].map((name) => {
      const outside = median(native.map((values) => values.get(name) ?? Number.NaN));
      const inside = median(supervised.map((values) => values.get(name) ?? Number.NaN));
      return { call: name, native: outside, supervised: inside, added: inside - outside };
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

if (import.meta.url === `file://${process.argv[1]}`) console.table(runSupervisorBench());
