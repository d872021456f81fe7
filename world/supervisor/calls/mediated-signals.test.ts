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
