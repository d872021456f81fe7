import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { E } from '../../../linux/errno.ts';
import { tidOf } from '../../../linux/ids.ts';
import { WaitingDecision } from '../../../lsm/framework/waiting-decision.ts';
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

  withdraw(): void {
    this.settled = true;
    this.#wake?.();
  }
}

const gone = new Set<bigint>();
const interrupted = new Set<number>();
let calls: WaitingCalls;
beforeEach(() => {
  vi.useFakeTimers();
  gone.clear();
  interrupted.clear();
  calls = new WaitingCalls({ isWaiting: (id) => !gone.has(id), isInterrupted: (tid) => interrupted.has(tid) });
});
afterEach(() => {
  calls.close();
  vi.useRealTimers();
});

function add(id: bigint, uid = 0): Toy | undefined {
  const decision = new Toy();
  return calls.add({ id, tid: tidOf(Number(id)), uid, file: FILE, decision }) ? decision : undefined;
}

it('waits until the decision is there, which is about the same program', () => {
  const decision = add(1n);
  vi.advanceTimersByTime(1999);
  expect([decision?.seconds, calls.settled([1n, 2n])]).toEqual([1, [2n]]);
  vi.advanceTimersByTime(1);
  expect(calls.settled([1n])).toEqual([1n]);
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
  expect(calls.settled([1n, 2n, 3n])).toEqual([1n, 2n]);
  expect(vi.getTimerCount()).toBe(2);
});

it('a user has some, all together have more', () => {
  let id = 0n;
  const most = (uid: number): number => {
    let count = 0;
    while (add(++id, uid) !== undefined) count++;
    return count;
  };
  expect([most(1000), most(1000), most(0)]).toEqual([64, 0, 64]);
  const users = Array.from({ length: 20 }, (_, index) => most(2000 + index));
  expect(users.reduce((sum, count) => sum + count, 128)).toBe(1024);
  calls.close();
  expect(most(1000)).toBe(64);
});
