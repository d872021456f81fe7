import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import { CLONE_NEWNET, CLONE_NEWUSER, CLONE_VM } from '../../../linux/process.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { Family } from '../../mediation.ts';
import type { WorkerContext } from '../context.ts';
import { calls } from './mediated-forks.ts';

const ALL = (1n << 41n) - 1n;

/** Hooks that a call asks, `inner` where a capability counts in a user namespace alone. @param held in ours. */
function asked(name: string, flags: number, families: readonly Family[], held = ALL, there = ALL): string[] {
  const found: string[] = [];
  const bytes = new Uint8Array(new BigUint64Array([BigInt(flags >>> 0)]).buffer);
  const context = {
    call: { tid: tidOf(7), low: () => (name === 'clone3' ? 0x1000 : flags), high: () => 0, fail: () => undefined },
    memory: { bytes, read: () => 8 },
    view: { status: () => ({ effectiveCapabilities: there }) },
    mediator: {
      families: new Set(families),
      credentials: () => ({ capabilities: held }),
      decide: (_tid: number, checks: readonly AccessCheck[]) => {
        found.push(...checks.map(({ hook, about }) => ('inner' in about ? 'inner' : hook)));
        return 0;
      },
    },
  };
  calls.find((call) => call.name === name)?.handle?.(context as unknown as WorkerContext);
  return found;
}

it('a new task is asked about, before it namespaces of its user and after it others', () => {
  const both: readonly Family[] = ['tasks', 'capabilities'];
  for (const name of ['clone', 'clone3']) {
    expect(asked(name, CLONE_VM, both)).toEqual(['taskAlloc']);
    expect(asked(name, CLONE_NEWUSER | CLONE_NEWNET, both)).toEqual(['usernsCreate', 'taskAlloc', 'inner']);
    expect(asked(name, CLONE_NEWNET, both)).toEqual(['taskAlloc', 'capable']);
    expect(asked(name, CLONE_NEWNET, both, 0n)).toEqual(['taskAlloc', 'inner']);
    expect(asked(name, CLONE_NEWNET, both, 0n, 0n)).toEqual(['taskAlloc']);
    expect(asked(name, CLONE_NEWUSER, ['capabilities'])).toEqual(['usernsCreate']);
    expect(asked(name, CLONE_NEWUSER, ['tasks'])).toEqual(['taskAlloc']);
  }
  expect(asked('fork', 0, both)).toEqual(['taskAlloc']);
  expect(asked('vfork', 0, both)).toEqual(['taskAlloc']);
});
