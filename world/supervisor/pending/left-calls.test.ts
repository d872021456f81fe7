import { expect, it } from 'vitest';
import type { Notification } from '../notification.ts';
import { LeftCalls } from './left-calls.ts';

it('handles a call that is settled once more, if its caller is still there', () => {
  const settled = new Set<bigint>();
  const asked: bigint[][] = [];
  const gone = new Set([2n]);
  const call = {
    id: 0n,
    left: 0,
    leave() {
      this.left++;
    },
    copy() {
      return new Uint8Array([Number(this.id)]);
    },
    restore(request: Uint8Array) {
      this.id = BigInt(request[0] as number);
    },
    get waiting() {
      return !gone.has(this.id);
    },
  };
  const left = new LeftCalls(call as unknown as Notification, ({ ids }) => {
    asked.push([...ids]);
    return { errno: 0, settled: ids.filter((id) => settled.has(id)) };
  });
  for (const id of [1n, 2n, 3n]) {
    call.id = id;
    left.leave();
  }
  const handled: bigint[] = [];
  const look = (now: bigint) => left.resume(() => handled.push(call.id), now * LeftCalls.LOOK_NS);
  look(1n);
  settled.add(1n).add(2n);
  look(1n);
  expect(handled).toEqual([]);
  look(2n);
  expect([handled, left.any]).toEqual([[1n], true]);
  expect(call.left).toBe(4); // three that wait, and one whose caller is gone
  settled.add(3n);
  look(3n);
  look(4n);
  expect([handled, left.any]).toEqual([[1n, 3n], false]);
  expect(asked).toEqual([[1n, 2n, 3n], [1n, 2n, 3n], [3n]]);
});
