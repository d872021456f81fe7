/** The main thread serves mounts, so nothing that it runs names one in a system call: that is left to supervisor/staging.ts. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { SupervisorThread } from '../../supervisor/thread.ts';
import { Stage } from './stage.ts';

/** Runs in a thread of its own. */
const ELSEWHERE = new Set(['attr-links.ts']);
/** Functions of host/mounts/mount.ts that take a mount of ours. */
const NAMES_A_MOUNT =
  /\b(?:attachMount|attachMountOn|bindMount|copyMount|copyTree|copyTreeAt|setMountAttributes|statx)\b/;

it('is not done in the main thread', () => {
  const directory = path.dirname(import.meta.dirname);
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /(?<!\.test)\.ts$/.test(name) && !ELSEWHERE.has(path.basename(name)),
  );
  expect(files).toContain('served/instances.ts');
  const guilty = files.filter((name) => NAMES_A_MOUNT.test(readFileSync(path.join(directory, name), 'utf8')));
  expect(guilty).toEqual([]);
});

it('tells in a line why its thread has ended', async () => {
  const stage = new Stage(new SupervisorThread(new URL('data:text/javascript,throw new Error("cannot load")')));
  expect(await stage.work({ kind: 'copy', mount: 0 })).toBe(-5);
  expect(stage.lost).toMatch(/^thread failed: Error: cannot load$/);
});

it('lets a thread supervise again before one that never did, and keeps one of those', async () => {
  const program = new URL(
    "data:text/javascript,import('node:worker_threads').then(({ workerData }) => workerData.orders.on('message', () => workerData.orders.close()))",
  );
  const [first, second, third] = [0, 1, 2].map(() => new SupervisorThread(program));
  if (first === undefined || second === undefined || third === undefined) throw new Error('no threads');
  const stage = new Stage(first);
  stage.giveBack(second);
  stage.giveBack(third);
  expect(await third.ended).toBe('thread ended');
  expect([stage.take(), stage.take()]).toEqual([second, first]);
  await Promise.all([first, second].map((thread) => thread.end()));
});

it('does not let a thread supervise that has ended', async () => {
  const [first, ended] = [0, 1].map(() => new SupervisorThread(new URL('data:text/javascript,0')));
  if (first === undefined || ended === undefined) throw new Error('no threads');
  await ended.ended;
  const stage = new Stage(first);
  stage.giveBack(ended);
  expect(stage.take()).toBe(first);
  await first.ended;
});
