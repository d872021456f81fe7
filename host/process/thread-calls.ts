/** Which system calls threads of this process wait in (proc_pid_syscall(5)). */
import { readdirSync, readFileSync } from 'node:fs';

const THREADS = '/proc/self/task';

/**
 * Number and arguments, as the file has them; `running` alone also for one that only waits for a processor. None where there is no such
 * file, or no thread any more.
 * @param thread its directory in /proc
 */
export function callOf(thread: string): readonly string[] {
  try {
    return readFileSync(`${thread}/syscall`, 'latin1').split(/\s/).filter(Boolean);
  } catch {
    return [];
  }
}

/**
 * Does one of our threads wait in this system call, with this first argument? One that runs, or only waits for a processor,
 * does not. `undefined` = cannot be said.
 */
export function isWaitedIn(call: number, argument: number): boolean | undefined {
  const calls = threads().map((tid) => callOf(`${THREADS}/${tid}`));
  if (calls.every(({ length }) => length === 0)) return undefined;
  return calls.some(([number, first]) => number === `${call}` && first === `0x${argument.toString(16)}`);
}

function threads(): string[] {
  try {
    return readdirSync(THREADS);
  } catch {
    return [];
  }
}
