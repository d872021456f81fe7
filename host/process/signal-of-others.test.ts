import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { tidOf } from '../../linux/ids.ts';
import { SIGTERM } from '../../linux/signal.ts';
import { sendSignalOf } from './signal-of-others.ts';

it('sends it to who is still meant, and to nobody else', async () => {
  const child = spawn('sleep', ['60']);
  const ended = once(child, 'exit');
  const pid = tidOf(child.pid ?? 0);
  expect(sendSignalOf({ pid: 1, uid: 0 }, pid, SIGTERM, () => false)).toBeLessThan(0);
  expect(sendSignalOf({ pid: 1, uid: 0 }, pid, 0, () => true)).toBe(0);
  expect(sendSignalOf({ pid: 1, uid: 0 }, pid, SIGTERM, () => true)).toBe(0);
  expect(await ended).toEqual([null, 'SIGTERM']);
});
