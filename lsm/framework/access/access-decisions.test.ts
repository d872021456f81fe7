import { expect, it } from 'vitest';
import { E } from '../../../linux/errno.ts';
import { tgidOf, tidOf } from '../../../linux/ids.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { ExecSubjects } from '../files/exec-subjects.ts';
import type { Hooks } from '../hook-table.ts';
import { HookList } from '../hooks.ts';
import type { ModuleId } from '../module-facts.ts';
import { type Task, TaskTable } from '../task.ts';
import type { AccessCheck } from './access.ts';
import { AccessDecisions, type AccessDecisionsHost } from './access-decisions.ts';

const TABLE = new TaskTable();
const TASKS = [1, 2, 3].map((id) => TABLE.enter({ tid: tidOf(id), tgid: tgidOf(id) }));
const DECIDES: Hooks = { bprmCredsForExec: () => undefined, execSubject: () => 5, accessSubject: () => 'one' };

function alike(...modules: readonly Hooks[]): boolean {
  const hooks = new HookList(modules.map((own, id) => ({ name: `m${id}`, id: id as ModuleId, hooks: own })));
  const decisions = new AccessDecisions({
    hooks,
    execSubjects: new ExecSubjects({ hooks, tasks: TABLE }),
    recorded: () => 0,
    taskOf: () => TASKS[0] as Task,
    automaton: () => undefined,
    tasks: () => TASKS,
    makerOf: () => undefined,
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

/** What a task is as an object. */
function object(task: Task | undefined, ...modules: readonly Hooks[]): string | undefined {
  const hooks = new HookList(modules.map((one, id) => ({ name: `m${id}`, id: id as ModuleId, hooks: one })));
  return new AccessDecisions({ hooks } as unknown as AccessDecisionsHost).object(task);
}

it('a task is as an object what each module says of it, if each that decides does', () => {
  const [one, two] = TASKS;
  const tells: Hooks = { accessSubject: () => 's', accessObject: ({ tid }) => (tid === 1 ? 'x' : 'y') };
  expect(object(one, tells, {})).toBe(object(one, tells));
  expect(object(one, tells)).not.toBe(object(two, tells));
  expect(object(undefined, tells)).not.toBe(object(one, { ...tells, accessObject: () => '' }));
  expect(object(one, { accessSubject: () => 's' }, tells)).toBeUndefined();
  expect(object(one, tells, { accessObject: () => undefined })).toBeUndefined();
});

const capable = (capability: number, more: Partial<AccessCheck> = {}): AccessCheck =>
  ({ hook: 'capable', about: { capability }, ...more }) as AccessCheck;

/** What is asked, the answer, and whether it may be remembered, where capabilities 1 and 2 are refused. */
function decided(...checks: AccessCheck[]): unknown[] {
  const asked: number[] = [];
  const deny = (_hook: string, _task: unknown, { capability }: { capability: number }) => {
    asked.push(capability);
    return capability < 3 ? E.EACCES : undefined;
  };
  const host = { hooks: { deny }, recorded: () => 0, taskOf: () => undefined };
  const { refused, silent } = new AccessDecisions(host as unknown as AccessDecisionsHost).decide(checks, {} as Caller);
  return [asked, refused, silent];
}

it('what follows a refusal is not asked', () => {
  const ignored = capable(1, { refusal: 'ignored' });
  expect(decided(ignored, capable(3, { follows: true }), capable(4))).toEqual([[1, 4], undefined, false]);
  const both = [capable(3, { follows: true }), capable(4, { follows: true })];
  expect(decided(ignored, ...both)).toEqual([[1], undefined, false]);
  expect(decided(capable(3), capable(4, { follows: true }))).toEqual([[3, 4], undefined, true]);
});

it('what is asked otherwise takes the place of a refusal', () => {
  const instead = [capable(3), capable(4)];
  const refused = [capable(2, { refusal: 'EPERM' })];
  expect(decided(capable(1, { otherwise: instead }), capable(5))).toEqual([[1, 3, 4, 5], undefined, true]);
  expect(decided(capable(1, { otherwise: refused }), capable(5))).toEqual([[1, 2], E.EPERM, false]);
  expect(decided(capable(1, { otherwise: [] }))).toEqual([[1], undefined, true]);
  expect(decided(capable(4, { otherwise: [capable(1)] }))).toEqual([[4], undefined, true]);
  const both = [capable(1, { otherwise: [capable(3)] }), capable(4, { follows: true })];
  expect(decided(...both, capable(5))).toEqual([[1, 3, 5], undefined, false]);
});

it('who mounted a filesystem is asked with its own rights, and nobody where that is not known', () => {
  const asked: unknown[] = [];
  const deny = (_hook: string, task: unknown, _about: unknown, { capabilities, userNamespace }: Caller) => {
    asked.push([task, capabilities, userNamespace?.id]);
    return undefined;
  };
  const makerOf = (name: string) => (name === 'mount 0:50' ? TASKS[1] : undefined);
  const host = { hooks: { deny }, recorded: () => 0, taskOf: () => TASKS[0], makerOf };
  const decisions = new AccessDecisions(host as unknown as AccessDecisionsHost);
  const by = (device: string) => capable(3, { by: { device, capabilities: 1n } });
  decisions.decide([capable(3), by('0:50'), by('0:51')], { capabilities: 7n, userNamespace: { id: 5 } } as Caller);
  expect(asked).toEqual([
    [TASKS[0], 7n, 5],
    [TASKS[1], 1n, undefined],
  ]);
});
