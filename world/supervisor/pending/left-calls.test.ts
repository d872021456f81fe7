import { expect, it } from 'vitest';
import { LeftCalls } from './left-calls.ts';

function thread(settled: bigint[], gone: readonly bigint[], stays = true) {
  const call = {
    id: 0n,
    left: [] as bigint[],
    leave() {
      this.left.push(this.id);
    },
    copy() {
      return new Uint8Array([Number(this.id)]);
    },
    restore(request: Uint8Array) {
      this.id = BigInt(request[0] as number);
    },
    get waiting() {
      return !gone.includes(this.id);
    },
  };
  let asked = 0;
  const count = { waiting: 3, settled: settled.length };
  const ask = () => {
    asked++;
    const id = settled.shift();
    return { errno: 0, ...(id !== undefined && { request: new Uint8Array([Number(id)]) }) };
  };
  const calls = new LeftCalls(call, ask, count, stays);
  const handled: bigint[] = [];
  calls.resume(() => handled.push(call.id));
  return { calls, call, count, handled, asked };
}

it('handles calls that are settled once more, if their callers are still there', () => {
  const { handled, call, asked } = thread([1n, 2n, 3n], [2n]);
  expect([handled, call.left, asked]).toEqual([[1n, 3n], [2n], 3]);
});

it('asks for none where none is settled, and for no more where another thread has the rest', () => {
  expect(thread([], []).asked).toBe(0);
  const { calls, count } = thread([], []);
  count.settled = 2;
  calls.resume(() => expect.unreachable());
  expect([calls.any, count]).toEqual([true, { waiting: 3, settled: 2 }]);
});

it('keeps a copy of a call that has to wait, unless the thread may be gone by then', () => {
  expect(thread([7n], []).calls.request).toEqual(new Uint8Array([7]));
  expect(thread([7n], [], false).calls.request).toBeUndefined();
});
