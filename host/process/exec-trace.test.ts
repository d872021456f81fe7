import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type Tid, tidOf } from '../../linux/ids.ts';
import { ExecTrace, type Traced } from './exec-trace.ts';

/** cat(1) as a child of a child of ours: of our own children libuv waits for the ends. */
async function cat() {
  const shell = spawn('sh', ['-c', 'exec 3<&0; cat <&3 & echo $!; wait $!'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const said = async (): Promise<string> => String((await once(shell.stdout, 'data'))[0]);
  const tid = tidOf(Number(await said()));
  const copies = (text: string): Promise<string> => {
    shell.stdin.write(text);
    return said();
  };
  await copies('it runs\n'); // and is no shell any more
  return {
    tid,
    copies,
    ends: async (): Promise<void> => {
      shell.stdin.end();
      await once(shell, 'exit');
    },
  };
}

/** Whom it is about to let go is killed. */
class KillingTrace extends ExecTrace {
  protected override detach(tid: Tid, signal: number): number {
    process.kill(tid, 'SIGKILL');
    return super.detach(tid, signal);
  }
}

async function lookedFor(trace: ExecTrace, tid: Tid): Promise<Traced> {
  for (;;) {
    const state = trace.look(tid);
    if (state !== 'waits') return state;
    await sleep(1);
  }
}

it('who is seized goes on when nothing was executed', async () => {
  const trace = new ExecTrace();
  const { tid, copies, ends } = await cat();
  expect(trace.seize(tid)).toBe(true);
  expect(trace.seize(tid)).toBe(false);
  expect(await lookedFor(trace, tid)).toBe('none');
  expect(await copies('text\n')).toBe('text\n');
  expect(trace.seize(tid)).toBe(true);
  expect(await lookedFor(trace, tid)).toBe('none');
  await ends();
  expect(trace.seize(tid)).toBe(false);
});

it('the parent hears of the end of who is killed in the moment before it is let go', async () => {
  const trace = new KillingTrace();
  const { tid, ends } = await cat();
  expect(trace.seize(tid)).toBe(true);
  expect(await lookedFor(trace, tid)).toBe('none');
  await ends();
});
