import { expect, it } from 'vitest';
import { ERRNO } from '../../../linux/errno.ts';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import {
  IOPRIO_WHO_PGRP,
  IOPRIO_WHO_PROCESS,
  IOPRIO_WHO_USER,
  PRIO_PGRP,
  PRIO_PROCESS,
  PRIO_USER,
} from '../../../linux/process.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { WorkerContext } from '../context.ts';
import { calls } from './mediated-scheduling.ts';

const { EACCES, EPERM, ESRCH } = ERRNO;

/**
 * Processes of user 5: 7, who calls, and 8 with another thread, 9, are of group 7; 20 is of group 20. 30, of group 7, is user 6's. The
 * limit of all lets nice values be as low as -5.
 */
const PROCESSES: Readonly<Record<number, { group: number; user: number; threads: readonly number[] }>> = {
  7: { group: 7, user: 5, threads: [7] },
  8: { group: 7, user: 5, threads: [8, 9] },
  20: { group: 20, user: 5, threads: [20] },
  30: { group: 7, user: 6, threads: [30] },
};

/** Whom the modules are asked about, the errno or value that is answered, and whether anybody was not looked at. */
interface Outcome {
  readonly asked: readonly number[];
  result: number | undefined;
  isUnseen: boolean;
}

/** @param refused errnos by thread. */
function called(
  name: 'setpriority' | 'ioprio_set' | 'ioprio_get',
  args: readonly number[],
  refused: Readonly<Record<number, number>> = {},
): Outcome {
  const asked: number[] = [];
  const outcome: Outcome = { asked, result: undefined, isUnseen: false };
  const of = (tid: Tid) => Object.entries(PROCESSES).find(([, { threads }]) => threads.includes(tid));
  const text = (tid: Tid): string | undefined => {
    const [tgid, task] = of(tid) ?? [];
    if (task === undefined) return undefined;
    const { group, user } = task;
    const ids = `${user} ${user} ${user} ${user}`;
    return `Tgid:\t${tgid}\nNSpid:\t${tid}\nNSpgid:\t${group}\nNSsid:\t7\nUid:\t${ids}\nGid:\t${ids}\n`;
  };
  const context = {
    call: {
      tid: tidOf(7),
      int: (index: number) => args[index],
      fail: (errno: number) => {
        outcome.result = -errno;
      },
      succeed: (value: number) => {
        outcome.result = value;
      },
    },
    namespaces: {
      inCallers: (_caller: Tid, all: readonly Tid[]) => new Map(all.map((tid) => [tid, tid])),
      ofCaller: (_caller: Tid, number: number) => tidOf(number),
    },
    view: {
      isInOurUserNamespace: () => true,
      ownIdMap: () => [[0, 0, 1000]],
      processes: () => Object.keys(PROCESSES).map((tid) => tidOf(Number(tid))),
      readFile: (_directory: number, path: string) =>
        path.endsWith('limits') ? `${'Max nice priority'.padEnd(26)}25 25\n` : undefined,
      readStatus: text,
      readlinkAt: () => 'user:[1]',
      threads: (process: Tid) => PROCESSES[process]?.threads.map(tidOf) ?? [],
    },
    mediator: {
      decide: (_tid: Tid, checks: readonly AccessCheck[]) => {
        const about = checks.at(-1)?.about as { readonly target: Tid };
        asked.push(about.target);
        return refused[about.target] ?? 0;
      },
      unseen: () => {
        outcome.isUnseen = true;
      },
    },
  };
  calls.find((call) => call.name === name)?.handle?.(context as unknown as WorkerContext);
  return outcome;
}

it('each thread of a group or user is asked about that the kernel lets the caller change', () => {
  expect(called('setpriority', [PRIO_PGRP, 0, 5])).toEqual({ asked: [8, 9, 7], result: undefined, isUnseen: false });
  expect(called('setpriority', [PRIO_PGRP, 20, 5]).asked).toEqual([20]);
  expect(called('setpriority', [PRIO_USER, 0, 5]).asked).toEqual([7, 8, 9, 20]);
  expect(called('setpriority', [PRIO_USER, 6, 5]).asked).toEqual([]);
  expect(called('ioprio_set', [IOPRIO_WHO_PGRP, 7, 0]).asked).toEqual([8, 9, 7]);
  expect(called('ioprio_set', [IOPRIO_WHO_USER, 5, 0]).asked).toEqual([7, 8, 9, 20]);
  // The user 0, as whom nobody runs.
  expect(called('ioprio_set', [IOPRIO_WHO_USER, 0, 0]).asked).toEqual([]);
  expect(called('ioprio_get', [IOPRIO_WHO_USER, 6]).asked).toEqual([30]);
  expect(called('setpriority', [3, 0, 5]).asked).toEqual([]);
});

it('setpriority(2) ends as the last says who is refused, ioprio_set(2) as the first', () => {
  // The kernel refuses 30, who comes first, by itself.
  expect(called('setpriority', [PRIO_PGRP, 0, 5], { 8: EPERM, 7: EACCES }).result).toBe(-EACCES);
  expect(called('setpriority', [PRIO_PGRP, 0, 5], { 9: EACCES }).result).toBe(-EACCES);
  expect(called('ioprio_set', [IOPRIO_WHO_PGRP, 0, 0], { 9: EACCES }).result).toBe(-EPERM);
  expect(called('ioprio_set', [IOPRIO_WHO_USER, 5, 0], { 8: EACCES, 20: EPERM }).result).toBe(-EACCES);
});

it('ioprio_get(2) says nothing of whom the caller may not look at', () => {
  const all = { 7: EACCES, 8: EACCES, 9: EACCES, 20: EACCES };
  expect(called('ioprio_get', [IOPRIO_WHO_USER, 5], all).result).toBe(-ESRCH);
  expect(called('ioprio_get', [IOPRIO_WHO_USER, 5]).result).toBe(undefined);
  expect(called('ioprio_get', [IOPRIO_WHO_PROCESS, 8], { 8: EACCES }).result).toBe(-EACCES);
});

it('the modules are asked where the limit of nice values lets the caller go below the present one', () => {
  expect(called('setpriority', [PRIO_PROCESS, 8, -5]).asked).toEqual([8]);
  expect(called('setpriority', [PRIO_PROCESS, 8, -6]).asked).toEqual([]);
});
