import { expect, it } from 'vitest';
import { SupervisorThread } from './thread.ts';

/** Takes its time until it can be told anything. */
const PROGRAM = `
import { parentPort, workerData } from 'node:worker_threads';
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
workerData.orders.on('message', ({ kind }) => {
  parentPort.postMessage({ kind: 'ended', reason: 'told to ' + kind });
  workerData.orders.close();
});`;

it('is told to end, and not terminated, while it still loads', async () => {
  const thread = new SupervisorThread(new URL(`data:text/javascript,${encodeURIComponent(PROGRAM)}`));
  expect(await thread.end()).toBe('told to end');
  expect(await thread.end()).toBe('told to end');
});

it('answers what it was asked before and after it failed', async () => {
  const thread = new SupervisorThread(new URL('data:text/javascript,throw new Error("cannot load")'));
  const before = thread.stage({ kind: 'copy', mount: 0 });
  expect(await thread.ended).toContain('cannot load');
  expect(await before).toBe(-5);
  expect(thread.reason).toContain('cannot load');
  expect(await thread.stage({ kind: 'copy', mount: 0 })).toBe(-5);
});
