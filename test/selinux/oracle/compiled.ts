/** The oracles' C programs, compiled when they are needed. Debian packages: gcc, libc6-dev, libsepol-dev. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

/** @param options of the linker, after the sources. */
export function compile(sources: readonly string[], program: string, options: readonly string[]): void {
  const files = sources.map((source) => path.join(import.meta.dirname, source));
  const run = spawnSync('gcc', ['-O2', '-o', program, ...files, ...options], { encoding: 'utf8', timeout: 60_000 });
  if (run.error !== undefined) throw new Error(`gcc: ${run.error.message}; apt-get install gcc libc6-dev libsepol-dev`);
  if (run.status !== 0)
    throw new Error(`${sources[0]} does not compile (apt-get install libsepol-dev):\n${run.stderr}`);
}
