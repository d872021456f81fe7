import { beforeEach, describe, expect, it } from 'vitest';
import { E } from '../../../linux/errno.ts';
import { taskId } from '../../../linux/ids.ts';
import { inspectStack } from '../inspection/inspect-stack.ts';
import type { ModuleDefinition } from '../module.ts';
import { bootToys, callerOf, type ToyStack, toy } from '../testing/toy.ts';
import { claimOwners } from './claims.ts';
import { secidOf } from './secid.ts';

const one = { name: 'one', id: 901 };
const two = { name: 'two', id: 902 };
let booted: ToyStack;

beforeEach(() => {
  booted = bootToys([toy('one', 901), toy('two', 902)], { profile: 'talk' });
  for (const tid of [100, 200]) booted.facts.add(tid);
});

const taskOf = (tid: number) => booted.stack.taskOf(callerOf(tid));

function relabel(tid: number, id: number, label: string): void {
  booted.stack.hooks
    .having('setselfattr', id)[0]
    ?.hooks.setselfattr(taskOf(tid), 100, Buffer.from(label), callerOf(tid));
}

describe('compound ids', () => {
  it('are counted from 0x10000, one for each tuple of labels', () => {
    const { secids } = booted.stack;
    expect(secids.of(taskOf(100))).toBe(0x10000);
    expect(secids.of(taskOf(200))).toBe(0x10000);
    relabel(200, 902, 'x');
    expect(secids.of(taskOf(200))).toBe(0x10001);
    relabel(200, 902, 'two');
    expect(secids.of(taskOf(200))).toBe(0x10000);
  });

  it('lead back to the ids and labels of the modules', () => {
    const { secids } = booted.stack;
    relabel(100, 902, 'x');
    const compound = secids.of(taskOf(100));
    expect(secids.parts(compound)).toEqual([
      { ...one, secid: 1 },
      { ...two, secid: 1 },
    ]);
    expect(secids.text(compound, one)).toBe('one');
    expect(secids.text(compound, two)).toBe('x');
    expect(secids.text(compound, { name: 'three', id: 903 })).toBeUndefined();
    expect(secids.list()).toEqual([{ secid: 0x10000, labels: { one: 'one', two: 'x' } }]);
    expect(secids.parts(secidOf(0x10001))).toBeUndefined();
    expect(secids.text(secidOf(77), one)).toBe(E.EINVAL);
  });

  it('one labelling module needs none', () => {
    booted = bootToys([toy('one', 901)]);
    expect(booted.stack.secids.of(taskOf(100))).toBe(1);
    expect(booted.stack.secids.text(secidOf(1), one)).toBe('one');
    expect(booted.stack.secids.list()).toEqual([]);
  });
});

describe('what only one module may have', () => {
  it('goes to the first that asks', () => {
    const first = { name: 'a', claims: ['secmark'] } as const;
    const second = { name: 'b', claims: ['secmark', 'netlabel'] } as const;
    expect([...claimOwners([{ name: 'none' }, first, second])]).toEqual([
      ['secmark', 'a'],
      ['netlabel', 'b'],
    ]);
    expect([...claimOwners([second, first]).values()]).toEqual(['b', 'b']);
    expect(claimOwners([]).size).toBe(0);
  });

  const first = toy('one', 901, { exclusive: true, claims: ['netlabel'] });
  const second = toy('two', 902, { exclusive: true, claims: ['secmark', 'netlabel'] });

  it('is nobody’s when who asks for it does not run', () => {
    const ownersWith = (profile: 'mainline' | 'talk', lsm: string) =>
      Object.fromEntries(bootToys([first, second], { profile, lsm }).stack.claims);
    expect(ownersWith('talk', 'one,two')).toEqual({ secmark: 'two', netlabel: 'one' });
    expect(ownersWith('mainline', 'one,two')).toEqual({ netlabel: 'one' }); // one exclusive module
    expect(ownersWith('talk', 'two')).toEqual({ secmark: 'two', netlabel: 'two' });
  });

  it('is known to a module after boot, and to that one alone', () => {
    const owned = new Map<string, () => boolean>();
    const asking = (definition: ModuleDefinition): ModuleDefinition => ({
      ...definition,
      create: (host) => {
        owned.set(definition.name, () => host.owns('netlabel'));
        return { hooks: {} };
      },
    });
    bootToys([asking(first), asking(second)], { profile: 'talk' });
    expect([owned.get('one')?.(), owned.get('two')?.()]).toEqual([true, false]);
  });
});

describe('an inspection', () => {
  it('has modules in order, claims, tasks with their labels, and the ids that stand for these', () => {
    booted = bootToys(
      [toy('two', 902, { claims: ['secmark'] }), toy('one', 901, { claims: ['secmark', 'netlabel'] })],
      {
        profile: 'talk',
      },
    );
    for (const tid of [100, 200]) booted.facts.add(tid);
    taskOf(100);
    relabel(200, 901, 'x');
    const inspected = inspectStack(booted.stack, ({ tid }) => tid === 200);
    expect(JSON.parse(JSON.stringify(inspected))).toEqual({
      modules: [two, one],
      claims: { secmark: 'two', netlabel: 'one' },
      tasks: [{ ...taskId(200), secid: 0x10000, labels: { two: 'two', one: 'x' }, defaultModule: 'two' }],
      secids: [{ secid: 0x10000, labels: { two: 'two', one: 'x' } }],
    });
    expect(inspectStack(booted.stack).tasks.map(({ tid }) => tid)).toEqual([100, 200]);
  });
});
