/** How many calls that a kernel never interrupts end with EINTR in a world, as a signal came before the supervisor had received them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
/** Of six calls. */
const ROUNDS = 350;
const EACH_US = 700;

/** @returns how many of {@link CALLS}. */
export function countInterrupted(): number {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-bench-'));
  try {
    const client = path.join(directory, 'interrupted');
    execFileSync('gcc', ['-O2', '-o', client, path.join(root, 'bench/supervisor/interrupted.c')]);
    const world = [
      path.join(root, 'dist/lsmfs.js'),
      'run',
      '--lsm=selinux',
      '--',
      'sh',
      '-c',
      'load_policy; exec "$@"',
      'sh',
    ];
    const argv = [...world, client, String(ROUNDS), String(EACH_US)];
    const text = execFileSync(process.execPath, argv, { encoding: 'utf8', timeout: 60_000 });
    return Number(text.trim().split('\t')[1]);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export const CALLS = 6 * ROUNDS;
