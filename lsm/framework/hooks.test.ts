import { describe, expect, it } from 'vitest';
import { E } from '../../linux/errno.ts';
import { tgidOf, tidOf } from '../../linux/ids.ts';
import { KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { Hooks } from './hook-table.ts';
import { HookList, type RegisteredModule } from './hooks.ts';
import { Process, Task } from './task.ts';
import { type Decision, WaitingDecision, withoutWaiting } from './waiting-decision.ts';

const task = new Task(tidOf(1), new Process(tgidOf(1), 1));

function list(...hooks: readonly Hooks[]): HookList {
  return new HookList(
    hooks.map((own, index): RegisteredModule => ({ name: `m${index}`, id: 100 + index, hooks: own })),
  );
}

describe('deny', () => {
  it('stops at the first refusal', () => {
    const asked: string[] = [];
    const says = (name: string, answer: typeof E.EPERM | undefined): Hooks => ({
      ptraceAccessCheck: () => {
        asked.push(name);
        return answer;
      },
    });
    const hooks = list(says('a', undefined), {}, says('b', E.EACCES), says('c', E.EPERM));
    expect(hooks.deny('ptraceAccessCheck', task, task, 1, KERNEL_CALLER)).toBe(E.EACCES);
    expect(asked).toEqual(['a', 'b']);
  });

  it('allows when nobody objects', () => {
    expect(list({}, {}).deny('ptraceAccessCheck', task, task, 1, KERNEL_CALLER)).toBeUndefined();
  });
});

it('denyOrWait asks the modules after one that waits when it is settled', () => {
  const asked: string[] = [];
  const settling = (name: string, next: () => Decision): Hooks => ({
    bprmCheckSecurity: () => {
      asked.push(name);
      return new (class extends WaitingDecision {
        whenSettled(wake: () => void): void {
          wake();
        }
        resume(): Decision {
          return next();
        }
        secondPassed(): void {}
        interrupted(): void {}
        withdraw(): void {
          asked.push(`${name} withdrawn`);
        }
      })();
    },
  });
  const says = (name: string, answer: Decision): Hooks => ({
    bprmCheckSecurity: () => {
      asked.push(name);
      return answer;
    },
  });
  const hooks = list(
    says('a', undefined),
    settling('b', () => undefined),
    says('c', undefined),
    settling('d', () => E.EACCES),
    says('e', E.EPERM),
  );
  const begun = hooks.denyOrWait('bprmCheckSecurity', task, { path: '/p' }, KERNEL_CALLER);
  expect(asked.splice(0)).toEqual(['a', 'b']);
  const further = begun instanceof WaitingDecision ? begun.resume() : begun;
  expect([further instanceof WaitingDecision, asked.splice(0)]).toEqual([true, ['c', 'd']]);
  expect(withoutWaiting(further)).toBe(E.EACCES);
  expect(asked).toEqual(['d withdrawn']);
});

describe('first', () => {
  const answer = (value: string) => ({ socketGetpeersec: () => Buffer.from(value) });

  it('passes over "not mine" and takes the first value or error', () => {
    const notMine: Hooks = { socketGetpeersec: () => E.ENOPROTOOPT };
    expect(list(notMine, answer('a'), answer('b')).first('socketGetpeersec', task, task)).toEqual(Buffer.from('a'));
    expect(list({ socketGetpeersec: () => E.EACCES }, answer('b')).first('socketGetpeersec', task, task)).toBe(
      E.EACCES,
    );
  });

  it('gives the default when all pass', () => {
    expect(list({}).first('socketGetpeersec', task, task)).toBe(E.ENOPROTOOPT);
  });
});

it('notify calls every module', () => {
  const called: number[] = [];
  const hooks = list({ taskFree: () => called.push(1) }, {}, { taskFree: () => called.push(2) });
  hooks.notify('taskFree', task);
  expect(called).toEqual([1, 2]);
});

it('having gives the modules that registered the hook, all of them or one by id', () => {
  const own: Hooks = { getselfattr: () => E.EOPNOTSUPP };
  const hooks = list(own, {}, own);
  const ids = (id?: number) => hooks.having('getselfattr', id).map((module) => module.id);
  expect(ids()).toEqual([100, 102]);
  expect(ids(102)).toEqual([102]);
  expect(ids(101)).toEqual([]);
});
