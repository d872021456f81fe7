import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { IdleWork } from './idle-work.ts';

let log: string[];
let ring: (ours: boolean) => void;
let idle: IdleWork;
let isFilling: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  log = [];
  isFilling = false;
  idle = new IdleWork(() => log.push('work'));
});

afterEach(() => vi.useRealTimers());

function begin(): void {
  idle.begin((given) => {
    ring = given;
    return { set: () => log.push('set'), isFilling: () => isFilling };
  });
  log.length = 0;
}

it('sets the alarm, then works, at once', () => {
  idle.begin(() => ({ set: () => log.push('set'), isFilling: () => false }));
  expect(log).toEqual(['set', 'work']);
});

it('rests while nothing rings', () => {
  begin();
  vi.advanceTimersByTime(100_000);
  expect(log).toEqual([]);
});

it('works a tenth of a second after something of ours, once for all of it', () => {
  begin();
  ring(true);
  vi.advanceTimersByTime(60);
  ring(true);
  ring(false);
  vi.advanceTimersByTime(39);
  expect(log).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(log).toEqual(['set', 'work']);
  vi.advanceTimersByTime(10_000);
  expect(log).toHaveLength(2);
});

it('works sooner after something of ours while that is to be known soon', () => {
  let hurries = true;
  idle = new IdleWork(
    () => log.push('work'),
    () => hurries,
  );
  begin();
  ring(false);
  vi.advanceTimersByTime(900);
  expect(log).toEqual([]);
  ring(true);
  vi.advanceTimersByTime(1);
  expect(log).toEqual(['set', 'work']);
  hurries = false;
  ring(true);
  vi.advanceTimersByTime(99);
  expect(log).toHaveLength(2);
});

it('waits longer after something of others, unless something of ours follows', () => {
  begin();
  ring(false);
  vi.advanceTimersByTime(900);
  expect(log).toEqual([]);
  ring(true);
  vi.advanceTimersByTime(99);
  expect(log).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(log).toEqual(['set', 'work']);
  ring(false);
  vi.advanceTimersByTime(1000);
  expect(log).toHaveLength(4);
});

it('does not wait longer where there may soon be no room for what happens', () => {
  begin();
  ring(false);
  vi.advanceTimersByTime(250);
  isFilling = true;
  vi.advanceTimersByTime(49);
  expect(log).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(log).toEqual(['set', 'work']);
});

it('works every tenth of a second without an alarm', () => {
  idle.begin(undefined);
  vi.advanceTimersByTime(1000);
  expect(log).toHaveLength(10);
});
