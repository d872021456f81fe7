import { expect, it } from 'vitest';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import { SI_TKILL } from '../../../linux/signal.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { WorkerContext } from '../context.ts';
import { calls } from './mediated-signals.ts';

/** Of tasks 7 (the caller) and 8, whose pid namespace knows them as 1 and 2. */
const OURS = new Map([
  [1, tidOf(7)],
  [2, tidOf(8)],
]);

/** rt_sigqueueinfo(2) by task 7. @returns whom the modules are asked about. */
function queue(number: number, code: number): Tid[] {
  const asked: Tid[] = [];
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setInt32(8, code, true);
  const args = [number, 15, 0x1000];
  const context = {
    call: { tid: tidOf(7), int: (index: number) => args[index], low: () => 0x1000, high: () => 0 },
    memory: { bytes, read: () => bytes.length },
    namespaces: { ofCaller: (_caller: Tid, of: number) => OURS.get(of) },
    view: { readStatus: (tid: Tid) => `Tgid:\t${tid}\nUid:\t5 5 5 5\nGid:\t5 5 5 5\n` },
    mediator: {
      decide: (_tid: Tid, checks: readonly AccessCheck[]) => {
        for (const { hook, about } of checks) if (hook === 'taskKill') asked.push(about.target);
        return 0;
      },
    },
  };
  calls.find(({ name }) => name === 'rt_sigqueueinfo')?.handle?.(context as unknown as WorkerContext);
  return asked;
}

it('a task may queue what the kernel would send to itself alone, by the number that it knows itself by', () => {
  expect(queue(1, 0)).toEqual([7]);
  expect(queue(1, SI_TKILL)).toEqual([7]);
  expect(queue(2, 0)).toEqual([]);
  expect(queue(2, SI_TKILL)).toEqual([]);
  expect(queue(7, 0)).toEqual([]);
});

it('other codes of user space reach everybody, and those of the kernel nobody is asked about', () => {
  expect(queue(1, -1)).toEqual([7]);
  expect(queue(2, -1)).toEqual([8]);
  expect(queue(1, 1)).toEqual([]);
});

/** kill(2) by task 7 with signal 0 of tasks whose answers are given; `undefined` = the kernel goes on. */
function killed(number: number, answers: Readonly<Record<number, number>>): number | undefined {
  let result: number | undefined;
  const tasks = [1, 7, ...Object.keys(answers).map(Number)].map(tidOf);
  const text = (tid: Tid): string =>
    `Tgid:\t${tid}\nNSpid:\t${tid}\nNSpgid:\t${tid === 1 ? 1 : 7}\nNSsid:\t7\nUid:\t5 5 5 5\nGid:\t5 5 5 5\n`;
  const context = {
    call: {
      tid: tidOf(7),
      int: (index: number) => [number, 0][index],
      fail: (errno: number) => {
        result = errno;
      },
      succeed: (value: number) => {
        result = value;
      },
    },
    auditSockets: { any: false },
    namespaces: { inCallers: (_caller: Tid, all: readonly Tid[]) => new Map(all.map((tid) => [tid, tid])) },
    view: { processes: () => tasks, readStatus: text },
    mediator: {
      decide: (_tid: Tid, checks: readonly AccessCheck[]) => {
        const [check] = checks;
        return check?.hook === 'taskKill' ? (answers[check.about.target] ?? 0) : 0;
      },
    },
  };
  calls.find(({ name }) => name === 'kill')?.handle?.(context as unknown as WorkerContext);
  return result;
}

it('a group gets it as far as it may: refused is the call only where nobody does, with what is said of the last', () => {
  expect([killed(0, { 8: 0 }), killed(0, { 8: 13, 9: 0 })]).toEqual([undefined, 0]);
  expect(killed(0, { 7: 13, 8: 1, 9: 13 })).toBe(13);
});

it('what is said of the last of all others counts for kill(-1), but where that is EPERM', () => {
  expect([killed(-1, { 8: 0, 9: 0 }), killed(-1, { 8: 0, 9: 13 }), killed(-1, { 8: 13, 9: 0 })]).toEqual([
    undefined,
    13,
    0,
  ]);
  expect([killed(-1, { 8: 13, 9: 1 }), killed(-1, { 8: 1, 9: 1 })]).toEqual([13, 0]);
  // Neither the sender nor the first process is among them.
  expect([killed(-1, { 7: 13 }), killed(-1, { 1: 13, 8: 0 })]).toEqual([undefined, undefined]);
});
