import { expect, it, vi } from 'vitest';
import { tgidOf } from '../../../linux/ids.ts';
import { ProgramAnnouncements } from './program-announcements.ts';

/** Has the slot of {@link PROCESS}. */
const OTHER = tgidOf(7 + 1024);
const PROCESS = tgidOf(7);

it('what a thread announces is seen by the main thread until it has taken it out', () => {
  const ours = new ProgramAnnouncements();
  const theirs = new ProgramAnnouncements(ours.shared);
  expect(ours.of(PROCESS)).toBeUndefined();
  expect(theirs.announce(PROCESS, 5)).toBe(true);
  expect([ours.of(PROCESS), ours.of(OTHER), ours.of(tgidOf(8))]).toEqual([5, undefined, undefined]);
  ours.clear(OTHER);
  expect(ours.of(PROCESS)).toBe(5);
  ours.clear(PROCESS);
  expect(ours.of(PROCESS)).toBeUndefined();
  expect(theirs.announce(OTHER, 6)).toBe(true);
  expect([ours.of(PROCESS), ours.of(OTHER)]).toEqual([undefined, 6]);
});

it('a program is not announced over one that the main thread has not heard of yet', () => {
  const announcements = new ProgramAnnouncements();
  expect(announcements.announce(PROCESS, 5)).toBe(true);
  expect([announcements.announce(PROCESS, 6), announcements.announce(OTHER, 6)]).toEqual([false, false]);
  expect(announcements.of(PROCESS)).toBe(5);
});

it('a program is not announced of a process about which the main thread begins to answer meanwhile', () => {
  const ours = new ProgramAnnouncements();
  const theirs = new ProgramAnnouncements(ours.shared);
  const exchange = vi.spyOn(Atomics, 'compareExchange');
  exchange.mockImplementationOnce((words, index, _expected, value) => {
    ours.close(PROCESS);
    return Atomics.exchange(words, index, value);
  });
  expect(theirs.announce(PROCESS, 5)).toBe(false);
  exchange.mockRestore();
  expect(ours.of(PROCESS)).toBeUndefined();
  ours.open(PROCESS);
  expect(theirs.announce(PROCESS, 5)).toBe(true);
});

it('a generation that the main thread moves is another one for threads', () => {
  const ours = new ProgramAnnouncements();
  const { generation } = ours;
  ours.moveGeneration();
  expect(new ProgramAnnouncements(ours.shared).generation).not.toBe(generation);
});
