import { expect, it } from 'vitest';
import { tgidOf, tidOf } from '../../../linux/ids.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Hooks } from '../hook-table.ts';
import { HookList } from '../hooks.ts';
import type { ModuleId } from '../module-facts.ts';
import { Process, Task } from '../task.ts';
import { AccessDecisions } from './access-decisions.ts';

const TASKS = [1, 2, 3].map((id) => new Task(tidOf(id), new Process(tgidOf(id), id)));
const DECIDES: Hooks = { bprmCredsForExec: () => undefined, execSubject: () => 5, accessSubject: () => 'one' };

function alike(...modules: readonly Hooks[]): boolean {
  const decisions = new AccessDecisions({
    hooks: new HookList(modules.map((hooks, id) => ({ name: `m${id}`, id: id as ModuleId, hooks }))),
    recorded: () => 0,
    taskOf: () => TASKS[0] as Task,
    tasks: () => TASKS,
  });
  const caller = { tid: tidOf(1), tgid: tgidOf(1) } as Caller;
  const { text } = decisions.subject(caller);
  return text !== undefined && decisions.areAlike(text, caller);
}

it('all tasks are judged by the same if each module says the same of them, and programs do not change that', () => {
  expect(alike(DECIDES)).toBe(true);
  expect(alike(DECIDES, { accessSubject: () => 'two' })).toBe(true);
  expect(alike({ ...DECIDES, accessSubject: ({ tid }) => (tid === 2 ? 'two' : 'one') })).toBe(false);
  expect(alike(DECIDES, { accessSubject: ({ tid }) => String(tid) })).toBe(false);
  expect(alike({ ...DECIDES, execSubject: ({ tid }) => (tid === 3 ? 6 : 5) })).toBe(false);
  expect(alike({ ...DECIDES, execSubject: () => undefined })).toBe(false);
});
