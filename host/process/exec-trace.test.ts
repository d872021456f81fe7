import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type Tid, tidOf } from '../../linux/ids.ts';
import { ExecTrace, endTracer, type Traced } from './exec-trace.ts';

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
  protected override detach(tid: Tid, signal: number): number | undefined {
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

it('who is seized goes on when the tracer is ended', async () => {
  const tracers: number[] = [];
  const trace = new ExecTrace({ traces: (tracer) => tracers.push(tracer) });
  const { tid, copies, ends } = await cat();
  expect([trace.seize(tid), tracers.length]).toEqual([true, 1]);
  await expect.poll(() => stateOf(tid)).toBe('t');
  endTracer(tracers[0] ?? 0);
  expect(await copies('text\n')).toBe('text\n');
  expect(trace.look(tid)).toBe('kept');
  expect([trace.seize(tid), tracers.length]).toEqual([true, 2]);
  expect(await lookedFor(trace, tid)).toBe('none');
  await ends();
});

it('no process is ended that is not ours', async () => {
  const { tid, copies, ends } = await cat();
  endTracer(tid);
  expect(await copies('text\n')).toBe('text\n');
  await ends();
});

const stateOf = (tid: Tid): string | undefined =>
  /^State:\t(.)/m.exec(readFileSync(`/proc/${tid}/status`, 'latin1'))?.[1];

it('nobody is seized where that would have the execve(2) begin anew', async () => {
  const { tid, ends } = await cat();
  const traces = ['5.6.0', '5.18.19-amd64', '5.19.0'].map((kernel) => new ExecTrace({ kernel }));
  expect(traces.map((trace) => trace.seize(tid))).toEqual([false, false, true]);
  expect(await lookedFor(traces[2] ?? new ExecTrace(), tid)).toBe('none');
  await ends();
});
