import { expect, test } from 'vitest';
import { type CallerFd, callerFd, type Tgid, type Tid, tgidOf, tidOf } from './ids.ts';

const link = (tid: Tid, fd: CallerFd): string => `/proc/${tid}/fd/${fd}`;

test('a thread and a descriptor are numbers that the compiler keeps apart', () => {
  const [tid, fd] = [tidOf(7), callerFd(3)];
  expect(link(tid, fd)).toBe('/proc/7/fd/3');
  // @ts-expect-error swapped
  expect(link(fd, tid)).toBe('/proc/3/fd/7');
  // @ts-expect-error a plain number is no thread
  expect(link(7, fd)).toBe('/proc/7/fd/3');
  // @ts-expect-error nor a descriptor of a caller: it could be ours
  expect(link(tid, 3)).toBe('/proc/7/fd/3');
});

const task = (tgid: Tgid, tid: Tid): string => `/proc/${tgid}/task/${tid}`;

test('a thread group has the number of its first thread, but not every thread leads one', () => {
  const [tgid, tid] = [tgidOf(7), tidOf(8)];
  expect(task(tgid, tid)).toBe('/proc/7/task/8');
  expect(task(tgid, tgid)).toBe('/proc/7/task/7');
  // @ts-expect-error swapped
  expect(task(tid, tgid)).toBe('/proc/8/task/7');
});
