/** Notifications leave in order, one at a time, the newest of a kind only; the descriptor is given back. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Notifier } from './notifier.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-notifier-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const closed = (notifier: Notifier) => new Promise<void>((resolve) => notifier.close(resolve));

test('a waiting message is replaced by a newer one about the same thing', async () => {
  const file = path.join(directory, 'sent');
  const fd = openSync(file, 'w');
  const notifier = new Notifier(fd, () => {});
  closeSync(fd);
  for (const [key, text] of Object.entries({ a: '1', b: '2', c: '3' })) notifier.send(key, Buffer.from(text));
  notifier.send('b', Buffer.from('4'));
  notifier.send('a', Buffer.from('5'));
  await expect.poll(() => readFileSync(file, 'utf8')).toBe('1345');
  await closed(notifier);
});

test('closing waits for what is under way, drops the rest and the descriptor', async () => {
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const before = descriptors();
  const file = path.join(directory, 'sent');
  const fd = openSync(file, 'w');
  const notifier = new Notifier(fd, () => {});
  closeSync(fd);
  notifier.send('a', Buffer.from('1'));
  notifier.send('b', Buffer.from('2'));
  await closed(notifier);
  notifier.send('c', Buffer.from('3'));
  expect(readFileSync(file, 'utf8')).toBe('1');
  expect(descriptors()).toBe(before);
  await closed(notifier);
});

test('a refused message is traced, one about something unknown is not', async () => {
  const traces: string[] = [];
  const fd = openSync('/dev/full', 'w');
  const notifier = new Notifier(fd, (text) => traces.push(text));
  closeSync(fd);
  notifier.send('full', Buffer.from('x'));
  await expect.poll(() => traces.length).toBe(1);
  expect(traces[0]).toContain('ENOSPC');
  await closed(notifier);
});

test('who waits goes on when all is sent, or when the sender is blocked or closed', async () => {
  const file = path.join(directory, 'sent');
  const fd = openSync(file, 'w');
  const notifier = new Notifier(fd, () => {}, 30_000);
  closeSync(fd);
  const sent = () => new Promise<string>((resolve) => notifier.whenSent(() => resolve(readFileSync(file, 'utf8'))));
  expect(notifier.busy).toBe(false);
  expect(await sent()).toBe('');
  notifier.send('a', Buffer.from('1'));
  notifier.send('b', Buffer.from('2'));
  expect(notifier.busy).toBe(true);
  expect(await sent()).toBe('12');
  notifier.send('c', Buffer.from('3'));
  const last = sent();
  await closed(notifier);
  expect(await last).toBe('123');
});

test('who waits goes on no sooner than what the kernel was told before has ended', async () => {
  const file = path.join(directory, 'sent');
  const fd = openSync(file, 'w');
  const notifier = new Notifier(fd, () => {});
  closeSync(fd);
  const sent = () => new Promise<number>((resolve) => notifier.whenSent(() => resolve(performance.now())));
  const until = performance.now() + 20;
  notifier.holdUntil(until);
  notifier.holdUntil(until - 10);
  expect(notifier.busy).toBe(true);
  notifier.send('a', Buffer.from('1'));
  expect(Math.min(await sent(), await sent())).toBeGreaterThanOrEqual(until);
  expect(readFileSync(file, 'utf8')).toBe('1');
  expect(notifier.busy).toBe(false);
  await closed(notifier);
});

test('a blocked message holds nobody up for ever', async () => {
  const fifo = path.join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(fifo, 'w');
  const notifier = new Notifier(fd, () => {});
  closeSync(fd);
  // More than a pipe holds: this write waits for a reader.
  notifier.send('large', Buffer.alloc(1 << 20));
  await new Promise<void>((resolve) => notifier.whenSent(resolve));
  expect(notifier.busy).toBe(true);
  closeSync(reader);
  await closed(notifier);
});

test('many messages that together take longer than a blocked one may are all waited for', async () => {
  const fd = openSync('/dev/null', 'w'); // blocks nobody
  const notifier = new Notifier(fd, () => {}, 2);
  closeSync(fd);
  for (let i = 0; i < 1000; i++) notifier.send(`${i}`, Buffer.from('x'));
  await new Promise<void>((resolve) => notifier.whenSent(resolve));
  expect(notifier.busy).toBe(false);
  await closed(notifier);
});

test('a removal is under way until what the kernel holds is over and those who wait have been answered', async () => {
  const fd = openSync(path.join(directory, 'sent'), 'w');
  const notifier = new Notifier(fd, () => {}, 30_000);
  closeSync(fd);
  expect(notifier.removing).toBe(false);
  notifier.holdUntil(performance.now() + 5);
  notifier.send('a', Buffer.from('1'));
  expect(notifier.removing).toBe(true);
  const atAnswer = await new Promise<boolean>((resolve) => notifier.whenSent(() => resolve(notifier.removing)));
  expect(atAnswer).toBe(false);
  notifier.send('b', Buffer.from('2'));
  expect([notifier.busy, notifier.removing]).toEqual([true, false]);
  await closed(notifier);
});
