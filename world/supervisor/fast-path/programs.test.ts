/** Programs that run again, and threads that are like others: on real files, with this process as the caller. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { credentialsText } from '../caller/process-status.ts';
import { Box } from './testing.ts';

const HOUR_MS = 3_600_000;
const PROGRAM = 7;

let box: Box;
beforeEach(() => {
  box = new Box();
  // What has changed long ago is remembered.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR_MS });
});
afterEach(() => {
  vi.useRealTimers();
  box.close();
});

/** A program that is known. */
function known(): string {
  const file = box.make('program');
  // The number of the mount.
  box.learns(file);
  expect(box.executes(file)).toBe(false);
  box.runs(file, PROGRAM);
  expect(box.executes(file)).toBe(true);
  expect(box.announced).toEqual([PROGRAM]);
  return file;
}

it('lets a known program run, which is announced, and takes the thread for another one then', () => {
  const before = box.stamp;
  const file = known();
  expect(box.stamp).toBe(before + 1);
  expect(box.executes(file)).toBe(true);
  expect(box.announced).toEqual([PROGRAM, PROGRAM]);
});

it.each<[string, (file: string) => void]>([
  ['its number may be that of another one', () => box.generation++],
  ['it has got another label', () => box.replace('program', 'b')],
  ['the epoch has moved', () => box.epoch.move()],
  ['paths may lead elsewhere', () => box.epoch.moveNames()],
])('leaves a program to the handlers where %s', (_, happens) => {
  const file = known();
  happens(file);
  expect(box.executes(file)).toBe(false);
  expect(box.announced).toEqual([PROGRAM]);
});

it('knows what runs by absolute paths alone', () => {
  known();
  expect(box.executes('program')).toBe(false);
});

/** What the handlers say of this thread, if all are judged alike. */
function alike(): string {
  const credentials = credentialsText(readFileSync('/proc/self/status', 'latin1'));
  if (credentials === undefined) throw new Error('no credentials');
  box.caller = { ...box.caller, alike: credentials };
  return credentials;
}

it('knows a thread by one with the same credentials, until threads may be judged by others', () => {
  alike();
  const file = box.known('file');
  expect(box.looks).toBe(1);
  box.stamp++;
  expect(box.opens(file)).toBe(true);
  expect(box.looks).toBe(1);
  box.generation++;
  box.stamp++;
  expect(box.opens(file)).toBe(true);
  expect(box.looks).toBe(2);
});

it('looks at a thread with other credentials, and at each one where they are not alike', () => {
  box.caller = { ...box.caller, alike: `${alike()} ` };
  const file = box.known('file');
  box.stamp++;
  expect(box.opens(file)).toBe(true);
  expect(box.looks).toBe(2);
  box.caller = { ...box.caller, alike: undefined };
  box.stamp++;
  expect(box.opens(file)).toBe(true);
  box.stamp++;
  expect(box.opens(file)).toBe(true);
  expect(box.looks).toBe(4);
});
