/** What a labelled mount costs who reads and writes content: the same below the directory and below the mount, by turns. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, unlinkSync, writeSync } from 'node:fs';
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
const SIZE = 256 << 20;
const BLOCKS = [
  { name: '128 KiB', size: 128 << 10 },
  { name: '4 KiB', size: 4 << 10 },
];
const root = path.resolve(import.meta.dirname, '..');

/** As root. */
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
    return BLOCKS.flatMap((block) => {
      const times = Array.from({ length: rounds }, () => [data, mount].map((place) => timesIn(place, block.size)));
      return (['write', 'read'] as const).map((what) => {
        const seconds = times.map(([without, within]) => [without?.[what] ?? NaN, within?.[what] ?? NaN] as const);
        const ratios = seconds.map(([without, within]) => within / without);
        return {
          what: `${what} of 256 MiB in blocks of ${block.name}`,
          value: median(seconds.map(([, within]) => within)),
          ratio: median(ratios),
          spread: [Math.min(...ratios), Math.max(...ratios)] as const,
        };
      });
    });
  } finally {
    server.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  }
}

/** Seconds in which a new file is written, and read again. */
function timesIn(place: string, blockSize: number): Record<'write' | 'read', number> {
  const file = path.join(place, 'file');
  const block = Buffer.alloc(blockSize, 'x');
  const timed = (flags: string, each: (fd: number) => void): number => {
    const fd = openSync(file, flags);
    const before = process.hrtime.bigint();
    for (let done = 0; done < SIZE; done += blockSize) each(fd);
    const after = process.hrtime.bigint();
    closeSync(fd);
    return Number(after - before) / 1e9;
  };
  const write = timed('w', (fd) => writeSync(fd, block));
  const read = timed('r', (fd) => readSync(fd, block, 0, blockSize, null));
  unlinkSync(file);
  return { write, read };
}
