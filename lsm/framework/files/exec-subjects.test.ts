import { expect, it } from 'vitest';
import { tgidOf, tidOf } from '../../../linux/ids.ts';
import type { Hooks } from '../hook-table.ts';
import { HookList } from '../hooks.ts';
import type { ModuleId } from '../module-facts.ts';
import { Process, Task } from '../task.ts';
import { areAlikeAtExec } from './exec-subjects.ts';

const TASKS = [1, 2, 3].map((id) => new Task(tidOf(id), new Process(tgidOf(id), id)));
const DECIDES: Hooks = { bprmCredsForExec: () => undefined };

const alike = (modules: readonly Hooks[], tasks: Iterable<Task> = TASKS): boolean =>
  areAlikeAtExec({
    hooks: new HookList(modules.map((hooks, id) => ({ name: `m${id}`, id: id as ModuleId, hooks }))),
    tasks: () => tasks,
  });

it('tasks are alike with equal numbers in each module that decides about programs', () => {
  expect(alike([{ ...DECIDES, execSubject: () => 5 }])).toBe(true);
  expect(alike([{ ...DECIDES, execSubject: ({ tid }) => (tid === 2 ? 6 : 5) }])).toBe(false);
  expect(alike([{ execSubject: () => 5 }, { ...DECIDES, execSubject: ({ tid }) => tid }])).toBe(false);
  expect(alike([])).toBe(true);
});

it('they are not where one has more to it, or a module does not say', () => {
  expect(alike([{ ...DECIDES, execSubject: ({ tid }) => (tid === 3 ? undefined : 5) }])).toBe(false);
  expect(alike([{ ...DECIDES, execSubject: () => undefined }])).toBe(false);
  expect(alike([{ ...DECIDES, execSubject: () => 5 }, DECIDES])).toBe(false);
  expect(alike([{ ...DECIDES, execSubject: () => 5 }, { bprmCheckSecurity: () => undefined }])).toBe(false);
  expect(alike([{ ...DECIDES, execSubject: () => 5 }, { bprmKeepsLabel: () => true }])).toBe(false);
  expect(alike([{ ...DECIDES, execSubject: () => 5 }, { taskFree: () => undefined }])).toBe(true);
});

it('of more tasks than can be looked at in no time it is not said', () => {
  const many = Array.from({ length: 1025 }, () => TASKS[0] as Task);
  expect(alike([{ ...DECIDES, execSubject: () => 5 }], many)).toBe(false);
  expect(alike([{ ...DECIDES, execSubject: () => 5 }], many.slice(1))).toBe(true);
});
