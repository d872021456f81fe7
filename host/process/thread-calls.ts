/** Which system calls threads of this process wait in (proc_pid_syscall(5)). */
import { readdirSync, readFileSync } from 'node:fs';

const THREADS = '/proc/self/task';

/**
 * Does one of our threads wait in this system call, with this first argument? One that runs, or only waits for a processor,
 * does not. `undefined` = cannot be said: there is no such file.
 */
export function isWaitedIn(call: number, argument: number): boolean | undefined {
  const begin = `${call} 0x${argument.toString(16)} `;
  const files = threads().map((tid) => stateOf(tid));
  return files.every((text) => text === undefined) ? undefined : files.some((text) => text?.startsWith(begin));
}

function threads(): string[] {
  try {
    return readdirSync(THREADS);
  } catch {
    return [];
  }
}

/** `running`, or number and arguments. A thread may end meanwhile. */
function stateOf(tid: string): string | undefined {
  try {
    return readFileSync(`${THREADS}/${tid}/syscall`, 'latin1');
  } catch {
    return undefined;
  }
}
