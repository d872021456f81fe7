import { expect, test } from 'vitest';
import { UserQueue } from './user-queue.ts';

const item = (name: string) => ({ name });

test('users take turns, and each has its order', () => {
  const queue = new UserQueue<{ readonly name: string }>();
  for (const name of ['a1', 'a2', 'a3']) queue.add('1000', item(name));
  queue.add('1001', item('b1'));
  queue.add(undefined, item('ours'));
  queue.add('1000', item('a0'), true);
  const order: (string | undefined)[] = [];
  while (queue.size > 0) order.push(queue.next(() => true)?.name);
  expect(order).toEqual(['a0', 'b1', 'ours', 'a1', 'a2', 'a3']);
  expect(queue.next(() => true)).toBeUndefined();
});

test('who may not go on is passed over', () => {
  const queue = new UserQueue<{ readonly name: string }>();
  const taken = item('a1');
  for (const one of [taken, item('a2')]) queue.add('1000', one);
  queue.add('1001', item('b1'));
  expect(queue.next((user) => user === '1001')?.name).toBe('b1');
  expect(queue.next((user) => user === '1001')).toBeUndefined();
  expect([queue.remove('1000', taken), queue.remove('1000', taken), queue.size]).toEqual([true, false, 1]);
  expect(queue.next(() => true)?.name).toBe('a2');
});
