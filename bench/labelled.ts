/** What a labelled mount costs who reads and writes content: fio(1) below the directory and below the mount, by turns. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { median } from './statistics.ts';

export interface LabelledRow {
  readonly what: string;
  /** Seconds. */
  readonly value: number;
  /** To the time that it takes without the mount. */
  readonly ratio: number;
  readonly spread: readonly [number, number];
}

const SHARED_MEMORY = '/dev/shm';
const SIZE_MIB = 128;

interface Workload {
  readonly what: string;
  readonly pattern: 'write' | 'read' | 'randread';
  /** KiB */
  readonly block: number;
  /** Times that all of the file is written or read. */
  readonly loops: number;
}

const WORKLOADS: readonly Workload[] = [
  { what: 'write', pattern: 'write', block: 128, loops: 4 },
  { what: 'read', pattern: 'read', block: 128, loops: 8 },
  { what: 'write', pattern: 'write', block: 4, loops: 2 },
  { what: 'read', pattern: 'read', block: 4, loops: 4 },
  { what: 'random read', pattern: 'randread', block: 4, loops: 2 },
];
const root = path.resolve(import.meta.dirname, '..');

/** As root, with the Debian package fio. */
export async function runLabelledBench(rounds: number): Promise<LabelledRow[]> {
  const folder = mkdtempSync(path.join(SHARED_MEMORY, 'lsmfs-bench-'));
  const [data, mount] = [path.join(folder, 'data'), path.join(folder, 'mount')];
  for (const directory of [data, mount]) mkdirSync(directory);
  const argv = [path.join(root, 'dist/lsmfs.js'), 'mount', '--lsm=', `--labels=${data}`, mount];
  const server = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(server, 'exit');
  try {
    await Promise.race([
      once(server.stdout, 'data'),
      ended.then(() => Promise.reject(new Error('lsmfs mount has ended'))),
    ]);
    return WORKLOADS.map((workload) => {
      const times = Array.from(
        { length: rounds },
        () => [secondsOf(data, workload), secondsOf(mount, workload)] as const,
      );
      const ratios = times.map(([without, within]) => within / without);
      return {
        what: `fio: ${workload.what} of ${SIZE_MIB * workload.loops} MiB in blocks of ${workload.block} KiB`,
        value: median(times.map(([, within]) => within)),
        ratio: median(ratios),
        spread: [Math.min(...ratios), Math.max(...ratios)] as const,
      };
    });
  } finally {
    server.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  }
}

/** Seconds that fio takes for what it does in a file of this directory. */
function secondsOf(directory: string, { pattern, block, loops }: Workload): number {
  const size = [`--size=${SIZE_MIB}M`, `--bs=${block}k`, `--loops=${loops}`];
  const argv = [`--name=${pattern}`, `--rw=${pattern}`, ...size, '--ioengine=psync', '--output-format=json'];
  const text = execFileSync('fio', [...argv, `--filename=${path.join(directory, 'file')}`], { encoding: 'utf8' });
  const { jobs } = JSON.parse(text) as { readonly jobs: readonly Record<'read' | 'write', { runtime: number }>[] };
  return (jobs[0]?.[pattern === 'write' ? 'write' : 'read'].runtime ?? Number.NaN) / 1000;
}
