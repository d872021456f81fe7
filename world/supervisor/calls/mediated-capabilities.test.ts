import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { WorkerContext } from '../context.ts';
import { CALLS } from './index.ts';
import { calls } from './mediated-capabilities.ts';

/** What a refusal of the capability means for setuid(2) of a task whose real id is 5 and saved id 6. */
function refusals(id: number): unknown[] {
  const found: unknown[] = [];
  const context = {
    call: { tid: tidOf(7), low: () => id },
    view: { readStatus: () => 'Tgid:\t7\nUid:\t5 0 6 0\nGid:\t5 5 5 5\n' },
    mediator: {
      families: new Set(['capabilities']),
      subjects: { forget: () => undefined },
      credentials: () => ({ capabilities: (1n << 41n) - 1n }),
      decide: (_tid: number, checks: readonly AccessCheck[]) => {
        found.push(...checks.map(({ refusal }) => refusal));
        return 0;
      },
    },
  };
  calls.find(({ name }) => name === 'setuid')?.handle?.(context as unknown as WorkerContext);
  return found;
}

it('setuid(2) needs the capability for ids that are not its own; one that is none is EINVAL first', () => {
  expect(refusals(7)).toEqual(['EPERM']);
  expect(refusals(5)).toEqual(['ignored']);
  expect(refusals(6)).toEqual(['ignored']);
  expect(refusals(0xffffffff)).toEqual([]);
});

it('what changes a caller is notified with each family that asks about files alone', () => {
  const changing = ['capset', 'setfsuid', 'setns', 'setresuid', 'setreuid', 'setuid', 'unshare'];
  for (const family of ['files', 'stat', 'sockets', 'content', 'memory', 'ioctl', 'mounts', 'capabilities']) {
    const notified = CALLS.filter(({ when }) => when === `mediate-${family}`).map(({ name }) => name as string);
    expect(notified, family).toEqual(expect.arrayContaining(changing));
  }
});
