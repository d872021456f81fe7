import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { textOf } from '../../../linux/bytes.ts';
import { failed } from '../../../linux/errno.ts';
import { taskId } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../framework/access/access.ts';
import type { AccessedKey, KeyNeed, KeyNote, SoughtKey } from '../../framework/access/key-access.ts';
import { createWorld, type World } from '../../library/index.ts';

const POLICY = Uint8Array.from(
  readFileSync(new URL('../../../test/data/policies/mediation-tasks.33', import.meta.url)),
);
type Spawned = ReturnType<World['spawn']>;

function start(...types: readonly string[]) {
  const world = createWorld({ lsm: 'selinux', policy: POLICY, enforcing: true });
  const tasks = types.map((type) => {
    const task = world.spawn();
    become(task, type);
    return task;
  });
  const note = (task: Spawned, made: KeyNote): void => {
    world.stack.apply({ kind: 'key-note', tid: task.tid, note: made });
  };
  const decide = (task: Spawned, ...checks: readonly AccessCheck[]): string | undefined =>
    world.stack.access.decide(checks, task.caller).refused?.code;
  const may = (task: Spawned, key: AccessedKey, need: KeyNeed): string | undefined =>
    decide(task, { hook: 'keyPermission', about: { key, need } });
  const labelOf = (task: Spawned, key: AccessedKey): string | undefined => {
    const label = world.stack.keyMakers.label(key, world.stack.taskOf(task.caller), world.stack.hooks);
    return label === undefined || failed(label) ? undefined : textOf(label);
  };
  return { world, tasks, note, decide, may, labelOf };
}

function become(task: Spawned, type: string): void {
  task.fs.writeFileSync('/proc/self/attr/current', `u:r:${type}:s0`);
}

const denials = (world: World): string[] =>
  world.audit
    .filter(({ type }) => type === 1400)
    .map(({ body }) => /\{ (.*) \} for .*tcontext=(\S+ tclass=\S+)/.exec(body)?.slice(1).join(' ') ?? body);

const PROCESS: AccessedKey = { ring: 'process' };
const SESSION: AccessedKey = { ring: 'session' };

it('a ring has the label of who used it first, and what nobody here made is not protected', () => {
  const { tasks, note, may, labelOf } = start('db_t');
  const [task] = tasks as [Spawned];
  expect(may(task, PROCESS, 'write')).toBeUndefined();
  note(task, { made: 'ring', ring: 'process' });
  become(task, 'web_t');
  note(task, { made: 'ring', ring: 'process' });
  expect(labelOf(task, PROCESS)).toBe('u:r:db_t:s0\0');
  expect(may(task, PROCESS, 'write')).toBe('EACCES');
  expect(labelOf(task, SESSION)).toBeUndefined();
});

it('the session ring is inherited and given to a parent; the others end with the program', () => {
  const { world, tasks, note, labelOf } = start('db_t', 'admin_t');
  const [task, other] = tasks as [Spawned, Spawned];
  note(task, { made: 'session' });
  note(task, { made: 'ring', ring: 'process' });
  note(task, { made: 'ring', ring: 'thread' });
  become(task, 'web_t');
  const child = { ...task.caller, tid: taskId(900, 900).tid, tgid: taskId(900, 900).tgid };
  world.stack.apply({ kind: 'fork', parent: task.tid, child });
  expect(labelOf({ ...task, caller: child } as Spawned, SESSION)).toBe('u:r:db_t:s0\0');
  expect(labelOf({ ...task, caller: child } as Spawned, PROCESS)).toBeUndefined();
  world.stack.apply({ kind: 'exec', tid: task.caller.tgid });
  expect([SESSION, PROCESS, { ring: 'thread' } as const].map((ring) => labelOf(task, ring))).toEqual([
    'u:r:db_t:s0\0',
    undefined,
    undefined,
  ]);
  note(task, { made: 'parent-session', parent: other.caller.tgid });
  expect(labelOf(other, SESSION)).toBe('u:r:db_t:s0\0');
});

it('a number belongs to the last maker of a key of that name, for good', () => {
  const { tasks, note, labelOf } = start('db_t', 'admin_t');
  const [first, second] = tasks as [Spawned, Spawned];
  const name = 'user;0;k';
  note(first, { made: 'key', name });
  note(first, { made: 'seen', name, serial: 7 });
  note(second, { made: 'key', name });
  note(second, { made: 'seen', name, serial: 8 });
  note(second, { made: 'seen', name, serial: 7 });
  expect([7, 8, 9].map((serial) => labelOf(first, { name, serial }))).toEqual([
    'u:r:db_t:s0\0',
    'u:r:admin_t:s0\0',
    undefined,
  ]);
});

it('nobody is the maker where two that run could be; one that has ended does not count', () => {
  const { world, tasks, note, labelOf } = start('db_t', 'admin_t', 'web_t');
  const [first, second, third] = tasks as [Spawned, Spawned, Spawned];
  const name = 'user;0;k';
  note(first, { made: 'key', name });
  note(second, { made: 'key', name });
  note(first, { made: 'seen', name, serial: 7 });
  expect(labelOf(first, { name, serial: 7 })).toBeUndefined();
  for (const task of [first, second]) world.stack.apply({ kind: 'exit', tid: task.tid });
  note(third, { made: 'key', name });
  note(third, { made: 'seen', name, serial: 8 });
  expect(labelOf(third, { name, serial: 8 })).toBe('u:r:web_t:s0\0');
});

it('a search asks about the rings, then about the key that was put there', () => {
  const { world, tasks, note, decide } = start('db_t', 'admin_t');
  const [task, other] = tasks as [Spawned, Spawned];
  const key = { name: 'user;0;k' };
  const search: AccessCheck = { hook: 'keySearch', about: { key } };
  note(other, { made: 'key', ...key });
  expect(decide(task, search)).toBeUndefined();
  note(task, { made: 'ring', ring: 'process' });
  note(task, { made: 'session' });
  become(task, 'web_t');
  expect(decide(task, search)).toBe('EACCES');
  expect(denials(world)).toEqual(Array(2).fill('search u:r:db_t:s0 tclass=key'));
});

it('a key is found in the rings that hold it, each of which, and itself, may be searched', () => {
  const { world, tasks, note, decide } = start('db_t');
  const [task] = tasks as [Spawned];
  const THREAD: AccessedKey = { ring: 'thread' };
  const made = (name: string, serial: number, into: AccessedKey): AccessedKey => {
    note(task, { made: 'key', name, into });
    note(task, { made: 'seen', name, serial });
    return { name, serial };
  };
  const find = (about: SoughtKey): string => decide(task, { hook: 'keySearch', about }) ?? 'found';
  note(task, { made: 'session' });
  const [hidden, ring] = [made('user;0;a', 7, SESSION), made('keyring;0;r', 8, SESSION)];
  become(task, 'web_t');
  note(task, { made: 'ring', ring: 'thread' });
  const [own, nested] = [made('keyring;0;own', 9, THREAD), made('user;0;b', 10, ring)];
  const inOwn = made('user;0;c', 11, own);
  expect([hidden, nested, inOwn].map((key) => find({ key }))).toEqual(['ENOKEY', 'ENOKEY', 'found']);
  expect(denials(world)).toEqual(Array(2).fill('search u:r:db_t:s0 tclass=key'));
  expect(find({ key: inOwn, hidden: true })).toBe('EACCES');
  note(task, { made: 'seen', name: 'keyring;0;own', serial: 9, hidden: true });
  expect(find({ key: inOwn })).toBe('ENOKEY');
  note(task, { made: 'link', key: inOwn, ring: THREAD });
  expect(find({ key: inOwn })).toBe('found');
  expect(['user;0;c', 'user;1000;c', 'user;0;a', 'user;0;none'].map((name) => find({ key: { name } }))).toEqual([
    ...['found', 'found', 'ENOKEY', 'found'],
  ]);
  expect(find({ key: inOwn, ring: SESSION })).toBe('EACCES');
  note(task, { made: 'unlink', key: inOwn, ring: THREAD });
  expect(find({ key: inOwn })).toBe('ENOKEY');
  // What is in a ring that was not made here may be anywhere.
  note(task, { made: 'link', key: ring });
  note(task, { made: 'link', key: hidden, ring });
  expect(find({ key: inOwn })).toBe('ENOKEY');
  become(task, 'admin_t');
  expect(find({ key: hidden })).toBe('found');
  note(task, { made: 'clear', ring });
  expect(find({ key: nested })).toBe('ENOKEY');
});

it('keycreate is the label of new keys', () => {
  const { tasks, note, labelOf } = start('admin_t');
  const [task] = tasks as [Spawned];
  task.fs.writeFileSync('/proc/self/attr/keycreate', 'u:r:admin_t:s0');
  note(task, { made: 'ring', ring: 'process' });
  become(task, 'db_t');
  expect(labelOf(task, PROCESS)).toBe('u:r:admin_t:s0\0');
});
