/**
 * The least that supervision can cost: the filter of a world, and a C program (go-on.c) that looks at nothing and lets
 * each notified call go on. What a world takes beyond that is what lsmfs does.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const PROGRAM = path.join(root, 'bench/work/go-on.c');

/**
 * @param folder for the program and the filter.
 * @param run options of `lsmfs run` for the world whose filter is taken.
 * @returns the command line to put before a command.
 */
export async function goingOn(folder: string, run: readonly string[]): Promise<string[]> {
  const [program, filter] = [path.join(folder, 'go-on'), path.join(folder, 'filter')];
  execFileSync('gcc', ['-O2', '-pthread', '-o', program, PROGRAM]);
  const argv = ['run', ...run, '--', 'sh', '-c', 'echo inside; exec cat'];
  const world = spawn(path.join(root, 'bin/lsmfs'), argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(world, 'exit');
  try {
    await Promise.race([
      once(world.stdout, 'data'),
      ended.then(() => Promise.reject(new Error('the world has ended before its filter was read'))),
    ]);
    // `lsmfs run` has become the command, so the process that was started has the filter.
    writeFileSync(filter, execFileSync(program, ['filter', String(world.pid)]));
  } finally {
    world.stdin.end();
    await ended;
  }
  return [program, 'run', filter];
}
