import { expect, it } from 'vitest';
import type { Traced } from '../../../host/process/exec-trace.ts';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import { SecurePrograms } from './secure-programs.ts';

function setUp(seizes = true) {
  let now = 1000;
  let kept = 0;
  const looks: number[] = [];
  const states = new Map<Tid, Traced>();
  const programs = new SecurePrograms(
    () => {
      kept++;
    },
    {
      seize: () => seizes,
      look(tid) {
        looks.push(tid);
        return states.get(tid) ?? 'waits';
      },
    },
    () => now,
  );
  return {
    programs,
    states,
    get kept() {
      return kept;
    },
    passes: (milliseconds: number) => {
      now += milliseconds;
    },
    looked: () => {
      programs.look();
      return looks.splice(0);
    },
  };
}

it('looks for a program until it is there', () => {
  const { programs, states, looked } = setUp();
  expect(programs.pause).toBeUndefined();
  programs.expect(tidOf(7), true);
  expect([looked(), programs.pause]).toEqual([[7], 1_000_000n]);
  states.set(tidOf(7), 'set');
  expect([looked(), looked(), programs.pause]).toEqual([[7], [], undefined]);
});

it('counts what cannot be set: another tracer, other threads, another word size', () => {
  const traced = setUp(false);
  traced.programs.expect(tidOf(7), true);
  expect([traced.kept, traced.programs.pause]).toEqual([1, undefined]);
  const threads = setUp();
  threads.programs.expect(tidOf(7), false);
  expect([threads.kept, threads.looked()]).toEqual([1, []]);
  const small = setUp();
  small.programs.expect(tidOf(7), true);
  small.states.set(tidOf(7), 'kept');
  expect([small.looked(), small.kept]).toEqual([[7], 1]);
  // Nothing runs: nothing is missing.
  const failed = setUp();
  failed.programs.expect(tidOf(7), true);
  failed.states.set(tidOf(7), 'none');
  expect([failed.looked(), failed.kept]).toEqual([[7], 0]);
});

it('looks seldom for what takes long, and often for what does not', () => {
  const { programs, looked, passes } = setUp();
  programs.expect(tidOf(7), true);
  passes(200);
  expect([programs.pause, looked()]).toEqual([20_000_000n, [7]]);
  programs.expect(tidOf(8), true);
  passes(1);
  expect([programs.pause, looked()]).toEqual([1_000_000n, [8]]);
  passes(20);
  expect(looked()).toEqual([7, 8]);
});

it('takes only so many', () => {
  const held = setUp();
  for (let tid = 1; tid <= 1500; tid++) held.programs.expect(tidOf(tid), true);
  expect([held.looked().length, held.kept]).toEqual([1024, 476]);
});
