import { expect, test } from 'vitest';
import { RequestGate } from './request-gate.ts';

test('a user has as many requests answered as are left for others, and the rest wait in order', () => {
  const gate = new RequestGate(8);
  const begun: string[] = [];
  const ask = (user: string, name: string) => {
    if (gate.enter(user)) begun.push(name);
    else gate.wait(user, 100, () => begun.push(name));
  };
  for (let index = 1; index <= 6; index++) ask('1000', `a${index}`);
  expect(begun).toEqual(['a1', 'a2', 'a3', 'a4']);
  ask('1001', 'b1');
  ask('1001', 'b2');
  ask('1001', 'b3');
  expect(begun.slice(4)).toEqual(['b1', 'b2']);
  gate.leave('1001');
  expect(begun.slice(6)).toEqual(['b3']);
  // He has more than what is left now.
  gate.leave('1000');
  expect(begun.slice(7)).toEqual([]);
  gate.leave('1000');
  expect(begun.slice(7)).toEqual(['a5']);
});

test('one that was taken back does not begin', () => {
  const gate = new RequestGate(2);
  const begun: string[] = [];
  expect(gate.enter('1000')).toBe(true);
  const first = gate.wait('1000', 100, () => begun.push('first'));
  gate.wait('1000', 100, () => begun.push('second'));
  first?.();
  gate.leave('1000');
  expect(begun).toEqual(['second']);
  first?.();
  gate.leave('1000');
  expect(gate.enter('1000')).toBe(true);
});

test('what waits has a bound in bytes for each user, and comes back', () => {
  const gate = new RequestGate(2, 16 * 1024);
  const nothing = (): void => {};
  const fill = (user: string, length: number): number => {
    let count = 0;
    while (gate.wait(user, length, nothing) !== undefined) count++;
    return count;
  };
  expect(gate.enter('1000')).toBe(true);
  expect(fill('1000', 3 * 1024)).toBe(2);
  expect(gate.wait('1000', 3 * 1024, nothing)).toBeUndefined();
  gate.leave('1000');
  expect(gate.wait('1000', 3 * 1024, nothing)).toBeDefined();
  expect(fill('1001', 1024)).toBe(2);
});
