import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import { NO_STAMP } from '../caller/task-stamps.ts';
import type { Ask } from '../protocol/questions/index.ts';
import { Subjects } from './subjects.ts';

const TID = tidOf(7);

function made() {
  const host = { stamp: 3, epoch: 1, asked: 0, known: true, call: 1n };
  const answer = { errno: 0, value: { number: 9, scope: undefined, noted: [], kept: [] } };
  const ask = (() => {
    host.asked++;
    return host.known ? answer : { errno: 0 };
  }) as unknown as Ask;
  const epoch = {
    get now() {
      return host.epoch;
    },
  };
  const call = {
    get id() {
      return host.call;
    },
  };
  return { host, subjects: new Subjects({ of: () => host.stamp }, epoch, ask, call) };
}

it('asks once for a thread in its program, and again when the epoch has moved or its label changes', () => {
  const { host, subjects } = made();
  expect(subjects.of(TID)).toMatchObject({ number: 9, epoch: 1 });
  subjects.of(TID);
  expect(host.asked).toBe(1);
  host.epoch = 2;
  expect(subjects.of(TID)).toMatchObject({ epoch: 2 });
  expect(host.asked).toBe(2);
  subjects.forget(TID);
  // The call itself is still judged by what was.
  expect(subjects.of(TID)).toBeUndefined();
  expect(host.asked).toBe(2);
  host.call = 2n;
  subjects.of(TID);
  expect(host.asked).toBe(3);
  host.call = 3n;
  host.stamp = 4;
  subjects.of(TID);
  subjects.of(TID);
  expect(host.asked).toBe(4);
});

it('knows nothing of a thread that cannot be told from a later one, or that the modules say nothing about', () => {
  const { host, subjects } = made();
  host.stamp = NO_STAMP;
  expect(subjects.of(TID)).toBeUndefined();
  expect(host.asked).toBe(0);
  host.stamp = 3;
  host.known = false;
  expect(subjects.of(TID)).toBeUndefined();
});
