import { MessageChannel } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { SupervisorThread } from './thread.ts';
import type { WorkerInput } from './worker.ts';

/** Takes its time until it can be told anything. */
const PROGRAM = `
import { parentPort, workerData } from 'node:worker_threads';
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
workerData.orders.on('message', ({ kind }) => {
  if (kind !== 'end') return;
  parentPort.postMessage({ kind: 'staged', result: 42 });
  workerData.orders.close();
});`;

it('is told to end, and not terminated, while it still loads', async () => {
  const thread = new SupervisorThread(new URL(`data:text/javascript,${encodeURIComponent(PROGRAM)}`));
  const staged = thread.stage({ kind: 'copy', mount: 0 });
  expect(await thread.end()).toBe('thread ended');
  expect(await staged).toBe(42);
  expect(await thread.end()).toBe('thread ended');
});

it('answers what it was asked before and after it failed', async () => {
  const thread = new SupervisorThread(new URL('data:text/javascript,throw new Error("cannot load")'));
  const before = thread.stage({ kind: 'copy', mount: 0 });
  expect(await thread.ended).toContain('cannot load');
  expect(await before).toBe(-5);
  expect(thread.reason).toContain('cannot load');
  expect(await thread.stage({ kind: 'copy', mount: 0 })).toBe(-5);
});

/** Serves as many listeners as it is given, and fails at one that has the number 13. */
const SERVER = `
import { parentPort, workerData } from 'node:worker_threads';
workerData.orders.on('message', ({ kind, input }) => {
  if (kind === 'end') return workerData.orders.close();
  if (input.listener === 13) throw new Error('no such listener');
  for (const report of [{ kind: 'serving', tid: 7 }, { kind: 'begun' }, { kind: 'ended', reason: 'done with ' + input.listener }])
    parentPort.postMessage(report);
});`;

function supervise(thread: SupervisorThread, listener: number): Promise<string[]> {
  const said: string[] = [];
  const { port1: questions } = new MessageChannel();
  return new Promise((resolve) => {
    thread.supervise({ listener, questions } as unknown as WorkerInput, {
      serving: (tid) => said.push(`serving ${tid}`),
      begun: () => said.push('begun'),
      ended: (reason) => resolve([...said, reason.split('\n', 1)[0] ?? '']),
    });
  });
}

it('supervises one listener after another, and tells the overseer of each', async () => {
  const thread = new SupervisorThread(new URL(`data:text/javascript,${encodeURIComponent(SERVER)}`));
  expect(await supervise(thread, 3)).toEqual(['serving 7', 'begun', 'done with 3']);
  expect(await supervise(thread, 4)).toEqual(['serving 7', 'begun', 'done with 4']);
  expect(thread.reason).toBeUndefined();
  expect(await supervise(thread, 13)).toEqual(['thread failed: Error: no such listener']);
  expect(await supervise(thread, 5)).toEqual([expect.stringContaining('thread failed')]);
});
