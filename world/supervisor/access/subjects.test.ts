import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import { NO_STAMP } from '../caller/task-stamps.ts';
import type { Ask } from '../protocol/questions/index.ts';
import { Subjects } from './subjects.ts';

const TID = tidOf(7);

function made() {
  const host = {
    stamp: 3,
    epoch: 1,
    generation: 1,
    credentials: 'root' as string | undefined,
    alike: false,
    asked: 0,
    known: true,
    call: 1n,
  };
  const value = { number: 9, scope: undefined, noted: [], kept: [] };
  const ask = (() => {
    host.asked++;
    return host.known ? { errno: 0, value: { ...value, ...(host.alike && { alike: true }) } } : { errno: 0 };
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
  const announcements = {
    get generation() {
      return host.generation;
    },
  };
  const tasks = { of: () => host.stamp };
  const credentials = () => host.credentials;
  return { host, subjects: new Subjects({ tasks, epoch, announcements, ask, call, credentials }) };
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

it('does not ask about another thread while all are judged alike', () => {
  const { host, subjects } = made();
  let [stamp, call] = [10, 10n];
  const asked = (): number => {
    host.stamp = stamp++; // another thread, or program
    host.call = call++;
    const before = host.asked;
    expect(subjects.of(TID)).toMatchObject({ number: 9, epoch: host.epoch });
    return host.asked - before;
  };
  expect([asked(), asked()]).toEqual([1, 1]);
  host.alike = true;
  expect([asked(), asked(), asked()]).toEqual([1, 0, 0]);
  host.generation++; // a program may change a label, or somebody comes from outside
  expect([asked(), asked()]).toEqual([1, 0]);
  host.epoch++;
  expect([asked(), asked()]).toEqual([1, 0]);
  host.credentials = 'somebody';
  expect([asked(), asked()]).toEqual([1, 0]);
  host.alike = false;
  host.generation++;
  expect([asked(), asked()]).toEqual([1, 1]);
});

it('says whether a program is in our user namespace, until its thread makes a call that may change that', () => {
  const { host, subjects } = made();
  expect(subjects.of(TID)).toMatchObject({ inOurUserNamespace: true });
  subjects.forget(TID);
  host.credentials = undefined; // it is in another one now
  expect(subjects.of(TID)).toBeUndefined();
  host.call = 2n;
  expect(subjects.of(TID)).toMatchObject({ inOurUserNamespace: false });
});
