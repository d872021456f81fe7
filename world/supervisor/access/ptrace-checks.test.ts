import { expect, it } from 'vitest';
import { CAP } from '../../../linux/capability.ts';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import { PTRACE_MODE_NOAUDIT, PTRACE_MODE_READ } from '../../../linux/process.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { ptraceChecks } from './ptrace-checks.ts';

/** What task 7 of root is asked for a look into task 8 of user 1000. */
function asked(mode: number, theirs = '0000000000000000') {
  return checks(mode, theirs).flatMap(({ hook, about }) => (hook === 'capable' ? [about] : []));
}

function checks(mode: number, theirs: string, mine = '0000000000080000', namespaces = ['self', '7', '8'].map(() => 1)) {
  const ids = (uid: number, own: string): string =>
    `Uid:\t${uid} ${uid} ${uid} ${uid}\nGid:\t5 5 5 5\nCapPrm:\t${own}\nCapEff:\t${own}\n`;
  const view = {
    readStatus: (tid: Tid) => (tid === 7 ? `Tgid:\t7\n${ids(0, mine)}` : `Tgid:\t8\n${ids(1000, theirs)}`),
    readlinkAt: (_at: number, name: string) =>
      `user:[${namespaces[['self', '7', '8'].indexOf(name.split('/')[2] ?? '')]}]`,
  } as unknown as CallerView;
  return ptraceChecks(view, tidOf(7), tidOf(8), mode, 'effective');
}

it('a look without records asks about the capability in silence, but for capabilities of the other', () => {
  const capability = CAP.SYS_PTRACE;
  expect(asked(PTRACE_MODE_READ)).toEqual([{ capability }]);
  expect(asked(PTRACE_MODE_READ | PTRACE_MODE_NOAUDIT)).toEqual([{ capability, silent: true }]);
  expect(asked(PTRACE_MODE_READ | PTRACE_MODE_NOAUDIT, '0000000000000001')).toEqual([{ capability }]);
});

it('who may be above the namespace of the other is asked about, with or without the capability there', () => {
  const none = '0000000000000000';
  const asksOf = (mine: string, ...namespaces: number[]) =>
    checks(PTRACE_MODE_READ, none, mine, namespaces).map(({ hook }) => hook);
  expect(asksOf(none, 1, 1, 1)).toEqual([]);
  expect(asksOf(none, 1, 2, 2)).toEqual([]);
  for (const mine of [none, '0000000000080000']) expect(asksOf(mine, 1, 2, 3)).toEqual(['ptraceAccess']);
  expect(asksOf('0000000000080000', 1, 2, 2)).toEqual(['ptraceAccess']);
  expect(asksOf(none, 1, 1, 2)).toEqual(['ptraceAccess']);
  expect(asksOf('0000000000080000', 1, 1, 2)).toEqual(['capable', 'ptraceAccess']);
});
