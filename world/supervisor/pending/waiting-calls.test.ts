import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { E } from '../../../linux/errno.ts';
import { tidOf } from '../../../linux/ids.ts';
import { WaitingDecision } from '../../../lsm/framework/waiting-decision.ts';
import { WaitingCount } from '../protocol/waiting-count.ts';
import { WaitingCalls } from './waiting-calls.ts';

const FILE = { path: '/bin/p' };

/** Waits for a word, at most two seconds. */
class Toy extends WaitingDecision {
  seconds = 0;
  settled = false;
  #wake: (() => void) | undefined;

  whenSettled(wake: () => void): void {
    this.#wake = wake;
  }

  resume() {
    return E.EPERM;
  }

  secondPassed(): void {
    if (++this.seconds >= 2) this.withdraw();
  }

  interrupted(): void {
    this.withdraw();
  }

  withdraw(): void {
    this.settled = true;
    this.#wake?.();
  }
}

const gone = new Set<bigint>();
const interrupted = new Set<number>();
let calls: WaitingCalls;
let count: WaitingCount;
beforeEach(() => {
  vi.useFakeTimers();
  gone.clear();
  interrupted.clear();
  count = new WaitingCount();
  calls = new WaitingCalls({ isWaiting: (id) => !gone.has(id), isInterrupted: (tid) => interrupted.has(tid) }, count);
});
afterEach(() => {
  calls.close();
  vi.useRealTimers();
});

function add(id: bigint, user = '0'): Toy | undefined {
  const decision = new Toy();
  const request = new Uint8Array([Number(id)]);
  return calls.add({ id, tid: tidOf(Number(id)), user, request, file: FILE, decision }) ? decision : undefined;
}

/** As the threads see them, which take up all that are settled. */
function counts() {
  const { waiting, settled } = new WaitingCount(count.shared);
  const taken: number[] = [];
  for (let request = calls.nextSettled(); request !== undefined; request = calls.nextSettled()) {
    taken.push(...request);
  }
  return { waiting, settled, taken };
}

it('waits until the decision is there, which is about the same program', () => {
  const decision = add(1n);
  vi.advanceTimersByTime(1999);
  expect([decision?.seconds, counts()]).toEqual([1, { waiting: 1, settled: 0, taken: [] }]);
  expect(calls.take(2n, FILE)).toBeUndefined();
  vi.advanceTimersByTime(1);
  expect(counts()).toEqual({ waiting: 1, settled: 1, taken: [1] });
  expect(counts()).toEqual({ waiting: 0, settled: 0, taken: [] });
  expect(calls.take(1n, { path: '/bin/p' })).toBe(decision);
  expect(calls.take(1n, FILE)).toBeUndefined();
  const other = add(3n);
  other?.withdraw();
  expect(calls.take(3n, { path: '/bin/q' })).toBeUndefined();
});

it('a caller that is gone or gets a signal waits no more', () => {
  const [killed, signalled, patient] = [add(1n), add(2n), add(3n)];
  gone.add(1n);
  interrupted.add(2);
  vi.advanceTimersByTime(1000);
  expect([killed, signalled, patient].map((decision) => decision?.settled)).toEqual([true, true, false]);
  expect(counts()).toEqual({ waiting: 2, settled: 1, taken: [2] });
  expect(vi.getTimerCount()).toBe(2);
});

it('a user has some, all together have more', () => {
  let id = 0n;
  const most = (user: string): number => {
    let count = 0;
    while (add(++id, user) !== undefined) count++;
    return count;
  };
  expect([most('1000'), most('1000'), most('0')]).toEqual([64, 0, 64]);
  const users = Array.from({ length: 20 }, (_, index) => most(`${2000 + index}`));
  expect(users.reduce((sum, count) => sum + count, 128)).toBe(1024);
  calls.close();
  expect(most('1000')).toBe(64);
});
