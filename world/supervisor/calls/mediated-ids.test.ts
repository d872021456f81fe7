import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { WorkerContext } from '../context.ts';
import { calls } from './mediated-capabilities.ts';

const STAYS = 0xffffffff;

interface Circumstances {
  /** What the modules answer. */
  readonly refused?: number;
  /** Ids of the caller's user namespace, from 0 on. */
  readonly mapped?: number;
  readonly families?: readonly string[];
}

/**
 * Of a task with the real id 5, the effective 0, the saved 6 and 7 for files, as user and as group: what each question's refusal means,
 * then the result, if it was answered.
 */
function asked(
  name: string,
  ids: readonly number[],
  { refused = 0, mapped = 1000, families = ['capabilities'] }: Circumstances = {},
): unknown[] {
  const found: unknown[] = [];
  let answered = false;
  const context = {
    call: {
      tid: tidOf(7),
      low: (index: number) => (ids[index] ?? 0) >>> 0,
      fail: (errno: number) => found.push(`fails ${errno}`),
      succeed: (value: number) => {
        answered = true;
        found.push(`returns ${value}`);
      },
      get answered() {
        return answered;
      },
    },
    view: {
      readStatus: () => 'Tgid:\t7\nUid:\t5 0 6 7\nGid:\t5 0 6 7\n',
      credentials: () => ({ fsuid: 7, fsgid: 7 }),
      ownIdMap: () => [[0, 0, mapped]],
    },
    mediator: {
      families: new Set(families),
      subjects: { forget: () => found.push('forgets') },
      isInOurUserNamespace: () => true,
      credentials: () => ({ capabilities: (1n << 41n) - 1n }),
      decide: (_tid: number, checks: readonly AccessCheck[]) => {
        found.push(
          ...checks.map((check) => (check.hook === 'capable' ? `${check.about.capability} ${check.refusal}` : check)),
        );
        return checks.length === 0 ? 0 : refused;
      },
    },
  };
  calls.find((call) => call.name === name)?.handle?.(context as unknown as WorkerContext);
  expect(found.shift()).toBe('forgets');
  return found;
}

it.each([
  ['uid', 7],
  ['gid', 6],
])('set%s(2) needs the capability for ids that are neither the real nor the saved one', (kind, capability) => {
  const set = (id: number) => asked(`set${kind}`, [id]);
  expect([9, 0, 7].map(set)).toEqual([[`${capability} EPERM`], [`${capability} EPERM`], [`${capability} EPERM`]]);
  expect([5, 6].map(set)).toEqual([[`${capability} ignored`], [`${capability} ignored`]]);
  expect(set(STAYS)).toEqual([]);
});

it.each([
  ['uid', 7],
  ['gid', 6],
])('setre%s(2) and setres%s(2) need it for ids that are none of their own', (kind, capability) => {
  const needed = `${capability} EPERM`;
  const two = (...ids: number[]) => asked(`setre${kind}`, ids);
  expect([two(9, STAYS), two(STAYS, 9), two(9, 9), two(6, 6)]).toEqual([
    [needed],
    [needed],
    [needed, needed],
    [needed],
  ]);
  expect([two(5, 6), two(0, 0), two(STAYS, STAYS)]).toEqual([[], [], []]);
  const three = (...ids: number[]) => asked(`setres${kind}`, ids);
  expect([three(9, 9, 9), three(STAYS, STAYS, 9), three(0, 7, 5)]).toEqual([[needed], [needed], [needed]]);
  expect([three(6, 5, 0), three(STAYS, STAYS, STAYS), three(5, 0, STAYS)]).toEqual([[], [], []]);
});

it.each([
  ['uid', 7],
  ['gid', 6],
])('setfs%s(2) fails with no error: it returns the id that stays', (kind, capability) => {
  const set = (id: number) => asked(`setfs${kind}`, [id], { refused: 1 });
  expect(set(9)).toEqual([`${capability} EPERM`, 'returns 7']);
  expect(asked(`setfs${kind}`, [9])).toEqual([`${capability} EPERM`]);
  expect([5, 0, 6, 7, STAYS].map(set)).toEqual([[], [], [], [], []]);
});

it('nobody is asked about ids that the user namespace does not have, nor where capabilities are not mediated', () => {
  expect(asked('setresuid', [0, 9, 9], { mapped: 9 })).toEqual([]);
  expect(asked('setresuid', [8, 8, 8], { mapped: 9 })).toEqual(['7 EPERM']);
  expect(asked('setresuid', [8, 8, 8], { families: ['files'] })).toEqual([]);
});
