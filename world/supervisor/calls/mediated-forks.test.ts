import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import {
  CLONE_NEWNET,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_PARENT,
  CLONE_THREAD,
  CLONE_VM,
} from '../../../linux/process.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { DEFAULT_FAMILIES, type Family } from '../../mediation.ts';
import type { WorkerContext } from '../context.ts';
import { mediationFamily } from '../features.ts';
import { calls } from './mediated-forks.ts';
import { calls as processCalls } from './process-calls.ts';

const ALL = (1n << 41n) - 1n;

/** Hooks that a call asks, `inner` where a capability counts in a user namespace alone. @param held in ours. */
function asked(
  name: string,
  flags: number,
  families: readonly Family[],
  held = ALL,
  there = ALL,
  size = 88,
  ask = (_question: unknown): unknown => undefined,
): string[] {
  const found: string[] = [];
  const bytes = new Uint8Array(new BigUint64Array([BigInt(flags >>> 0)]).buffer);
  const context = {
    call: { tid: tidOf(7), low: () => (name === 'clone3' ? size : flags), high: () => 0, fail: () => undefined },
    ask,
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
  const both: readonly Family[] = ['forks', 'capabilities'];
  for (const name of ['clone', 'clone3']) {
    expect(asked(name, CLONE_VM, both)).toEqual(['taskAlloc']);
    expect(asked(name, CLONE_NEWUSER | CLONE_NEWNET, both)).toEqual(['usernsCreate', 'taskAlloc', 'inner']);
    expect(asked(name, CLONE_NEWNET, both)).toEqual(['taskAlloc', 'capable']);
    expect(asked(name, CLONE_NEWNET, both, 0n)).toEqual(['taskAlloc', 'inner']);
    expect(asked(name, CLONE_NEWNET, both, 0n, 0n)).toEqual(['taskAlloc']);
    expect(asked(name, CLONE_NEWUSER, ['capabilities'])).toEqual(['usernsCreate']);
    expect(asked(name, CLONE_NEWUSER, ['forks'])).toEqual(['taskAlloc']);
  }
  expect(asked('fork', 0, both)).toEqual(['taskAlloc']);
  expect(asked('vfork', 0, both)).toEqual(['taskAlloc']);
});

it('a namespace of times is made by clone3 alone', () => {
  expect(asked('clone3', CLONE_NEWTIME, ['capabilities'])).toEqual(['capable']);
  expect(asked('clone', CLONE_NEWTIME, ['capabilities'])).toEqual([]);
});

it('a sibling of its maker is told of, by whichever call it is made', () => {
  const told: unknown[] = [];
  const tells = (name: string, flags: number): number =>
    asked(name, flags, [], ALL, ALL, 88, (question) => told.push(question)).length;
  tells('clone3', CLONE_PARENT | CLONE_VM);
  tells('clone3', CLONE_PARENT | CLONE_THREAD);
  tells('clone3', CLONE_VM);
  expect(told).toEqual([{ kind: 'process-call', call: 'clone-parent', tid: 7 }]);
  const clone = processCalls.find(({ name }) => name === 'clone');
  expect(clone?.rule).toEqual([{ argument: 0, has: CLONE_PARENT }]);
  for (const flags of [CLONE_PARENT, CLONE_PARENT | CLONE_THREAD]) {
    const context = { call: { tid: tidOf(8), low: () => flags }, ask: (question: unknown) => told.push(question) };
    clone?.handle?.(context as unknown as WorkerContext);
  }
  expect(told.slice(1)).toEqual([{ kind: 'process-call', call: 'clone-parent', tid: 8 }]);
});

it('nobody is asked about arguments of clone3 that are too short or too long', () => {
  const sizes = [63, 64, 4096, 4097];
  expect(sizes.map((size) => asked('clone3', 0, ['forks'], ALL, ALL, size).length)).toEqual([0, 1, 1, 0]);
});

it('by default processes and threads are made without a question, and namespaces are asked about', () => {
  const rules = calls.filter(({ when }) => DEFAULT_FAMILIES.includes(mediationFamily(when) as Family));
  expect(rules.map(({ name, rule }) => [name, rule?.length])).toEqual([['clone', 1]]);
});
