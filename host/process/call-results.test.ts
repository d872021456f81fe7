/** The kernel's own word about calls of other processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { tidOf } from '../../linux/ids.ts';
import { fileText } from '../files/file-text.ts';
import { CallResults } from './call-results.ts';

const results = CallResults.open();

/** A process that waits in read(2). */
async function reader() {
  const child = spawn('cat', [], { stdio: ['pipe', 'ignore', 'ignore'] });
  const tid = tidOf(child.pid ?? 0);
  await expect.poll(() => fileText(`/proc/${tid}/syscall`) ?? '', { timeout: 30_000 }).toMatch(/^0 0x0 /);
  const exits = once(child, 'exit');
  return { child, tid, exits };
}

// Who may not see the tracepoint gets none: there is nothing to test.
it.skipIf(results === undefined || process.arch !== 'x64')(
  'a call is told with its result, also after a rest',
  async () => {
    const { child, tid, exits } = await reader();
    results?.rest();
    expect(results?.active).toBe(false);
    const awaited = results?.follow(tid);
    expect(results?.active).toBe(true);
    expect([awaited?.result(), awaited?.ended()]).toEqual([undefined, false]);
    child.stdin.write('five!');
    await expect.poll(() => awaited?.result(), { timeout: 30_000 }).toBe(5);
    awaited?.close();
    child.stdin.end();
    await exits;
  },
);

it.skipIf(results === undefined || process.arch !== 'x64')(
  'who is killed in a call has ended before its number is free',
  async () => {
    const { child, tid, exits } = await reader();
    const awaited = results?.follow(tid);
    child.kill('SIGKILL');
    await exits;
    expect(awaited?.ended()).toBe(true);
    awaited?.close();
    expect(results?.follow(tid)).toBeUndefined(); // ESRCH
    results?.rest();
  },
);
