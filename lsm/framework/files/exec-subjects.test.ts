import { expect, it } from 'vitest';
import { tgidOf, tidOf } from '../../../linux/ids.ts';
import type { Hooks } from '../hook-table.ts';
import { HookList } from '../hooks.ts';
import type { ModuleId } from '../module-facts.ts';
import { type Task, TaskTable } from '../task.ts';
import { ExecSubjects } from './exec-subjects.ts';

const DECIDES: Hooks = { bprmCredsForExec: () => undefined };
const idOf = (number: number) => ({ tid: tidOf(number), tgid: tgidOf(number) });

function world(modules: readonly Hooks[], count = 3) {
  const tasks = new TaskTable();
  const label = tasks.registerBlob<number | undefined>({ initial: () => 5, fork: (parent) => parent });
  const hooks = new HookList(modules.map((own, id) => ({ name: `m${id}`, id: id as ModuleId, hooks: own })));
  const subjects = new ExecSubjects({ hooks, tasks });
  const first = tasks.enter(idOf(1));
  for (let id = 2; id <= count; id++) tasks.fork(first, idOf(id));
  return { tasks, label, subjects, first };
}

const alike = (...modules: readonly Hooks[]): boolean => world(modules).subjects.areAlike;

it('tasks are alike with equal numbers in each module that decides about programs', () => {
  expect(alike({ ...DECIDES, execSubject: () => 5 })).toBe(true);
  expect(alike({ ...DECIDES, execSubject: ({ tid }) => (tid === 2 ? 6 : 5) })).toBe(false);
  expect(alike({ execSubject: () => 5 }, { ...DECIDES, execSubject: ({ tid }) => tid })).toBe(false);
  expect(alike()).toBe(true);
});

it('they are not where one has more to it, or a module does not say', () => {
  expect(alike({ ...DECIDES, execSubject: ({ tid }) => (tid === 3 ? undefined : 5) })).toBe(false);
  expect(alike({ ...DECIDES, execSubject: () => undefined })).toBe(false);
  expect(alike({ ...DECIDES, execSubject: () => 5 }, DECIDES)).toBe(false);
  expect(alike({ ...DECIDES, execSubject: () => 5 }, { bprmCheckSecurity: () => undefined })).toBe(false);
  expect(alike({ ...DECIDES, execSubject: () => 5 }, { bprmKeepsLabel: () => true })).toBe(false);
  expect(alike({ ...DECIDES, execSubject: () => 5 }, { taskFree: () => undefined })).toBe(true);
});

/** By their label, with the number of times that a module was asked. */
function labelled(count?: number) {
  const asked: Task[] = [];
  const made = world(
    [
      {
        ...DECIDES,
        execSubject: (task) => {
          asked.push(task);
          return made.label.of(task);
        },
      },
    ],
    count,
  );
  const times = (): [boolean, number] => {
    asked.length = 0;
    return [made.subjects.areAlike, asked.length];
  };
  return { ...made, times };
}

it('they are not looked at again unless they come or change', () => {
  const { tasks, label, first, times } = labelled(100);
  expect(times()).toEqual([true, 100]);
  expect(times()).toEqual([true, 1]);
  const child = tasks.fork(first, idOf(200));
  expect(times()).toEqual([true, 1]);
  label.set(child, 6);
  expect(times()[0]).toBe(false);
  expect(times()[0]).toBe(false);
  label.set(child, 5);
  expect(times()[0]).toBe(true);
  label.set(first, 6);
  expect(times()[0]).toBe(false);
  for (const task of tasks.all()) label.set(task, 6);
  expect(times()[0]).toBe(true);
});

it('who has ended differs from none, and who comes from outside may', () => {
  const { tasks, label, times, first } = labelled();
  expect(times()[0]).toBe(true);
  const child = tasks.fork(first, idOf(9));
  label.set(child, 6);
  tasks.exit(child.tid);
  expect(times()[0]).toBe(true);
  label.set(tasks.enter(idOf(10)), 7);
  expect(times()[0]).toBe(false);
});

it('of more tasks than can be looked at in no time it is not said, but where they descend from some that were alike', () => {
  const { subjects } = labelled(1025);
  expect(subjects.areAlike).toBe(false);
  const { tasks, label, first, times } = labelled(1000);
  expect(times()[0]).toBe(true);
  for (let id = 2000; id < 3000; id++) tasks.fork(first, idOf(id));
  for (let id = 4000; id < 6000; id++) tasks.fork(first, idOf(id));
  expect(times()).toEqual([true, 1]);
  label.set(first, 5);
  for (let id = 6000; id < 8000; id++) tasks.fork(first, idOf(id));
  expect(times()).toEqual([true, 1]);
  for (let id = 4000; id < 6000; id++) tasks.enter(idOf(10_000 + id));
  expect(times()[0]).toBe(false);
});

it('the process that serves the world is not looked at, whichever of its threads makes a call', () => {
  const { tasks, label, times } = labelled();
  tasks.bystander = tgidOf(50);
  for (const tid of [50, 51, 51]) label.set(tasks.enter({ tid: tidOf(tid), tgid: tgidOf(50) }), 7);
  expect(times()[0]).toBe(true);
});

it('a child of one that has changed is looked at', () => {
  const { tasks, label, first, times } = labelled();
  expect(times()[0]).toBe(true);
  label.set(first, 6);
  tasks.fork(first, idOf(9));
  for (const id of [1, 2, 3]) label.set(tasks.find(tidOf(id)) as Task, 5);
  expect(times()[0]).toBe(false);
});

it('who is only looked at executes nothing, until it makes a call', () => {
  const { tasks, label, times } = labelled();
  label.set(tasks.enter(idOf(9), true), 7);
  expect(times()[0]).toBe(true);
  tasks.enter(idOf(9));
  expect(times()[0]).toBe(false);
});
