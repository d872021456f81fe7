import { expect, test } from 'vitest';
import { tgidOf, tidOf } from '../../linux/ids.ts';
import { ThreadTable } from './thread-table.ts';

test('a process lasts as long as its last thread, and the two numbers of a thread cannot be swapped', () => {
  const members = new ThreadTable();
  const [tgid, tid] = [tgidOf(7), tidOf(8)];
  members.add(tgid, tgid);
  members.add(tid, tgid);
  expect(members.remove(tgid)).toBeUndefined();
  expect(members.tgid(tid)).toBe(7);
  expect(members.remove(tid)).toBe(7);
  expect(members.hasProcess(tgid)).toBe(false);
  // @ts-expect-error swapped
  members.add(tgid, tid);
  // @ts-expect-error a thread is no process
  expect(members.hasProcess(tidOf(7))).toBe(false);
});
