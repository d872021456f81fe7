/** What a compiler makes of a policy. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** @param command which reads one file and writes the other. */
export function compiled(source: string, command: (text: string, image: string) => readonly string[]): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-policy-'));
  try {
    const [text, image] = [path.join(folder, 'source'), path.join(folder, 'image')];
    writeFileSync(text, source);
    const [program = '', ...argv] = command(text, image);
    const run = spawnSync(program, argv, { encoding: 'utf8', timeout: 60_000 });
    if (run.error !== undefined) throw new Error(`${program}: ${run.error.message}`);
    if (run.status !== 0) throw new Error(`${program} refuses a random policy: ${run.stderr}`);
    return readFileSync(image);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
