import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AccessCheck } from '../../framework/access/access.ts';
import type { AccessedIpc, IpcType } from '../../framework/access/ipc-access.ts';
import { createWorld, type World } from '../../library/index.ts';

const POLICY = Uint8Array.from(
  readFileSync(new URL('../../../test/data/policies/mediation-tasks.33', import.meta.url)),
);
const NAMESPACE = 5;

const newWorld = (): World => createWorld({ lsm: 'selinux', policy: POLICY, enforcing: true });

function spawnAs(world: World, type: string) {
  const task = world.spawn();
  become(task, type);
  return task;
}
type Spawned = ReturnType<World['spawn']>;

function become(task: Spawned, type: string): void {
  task.fs.writeFileSync('/proc/self/attr/current', `u:r:${type}:s0`);
}

const records = (world: World): string[] =>
  world.audit
    .filter(({ type }) => type === 1400)
    .map(({ body }) =>
      body
        .replace(/ pid=.*? comm=".*?"/, '')
        .replace(/u:r:(\w+):s0/g, '$1')
        .replace('u:object_r:', ''),
    );

/** The task makes an object, which then has that id. */
function made(world: World, task: Spawned, type: IpcType, id: number, key: number): AccessedIpc {
  const event = { kind: 'ipc', tid: task.tid, namespace: NAMESPACE, type } as const;
  world.stack.apply({ ...event, made: [], gone: [], making: { key, uid: 0, alone: true } });
  world.stack.apply({ ...event, made: [{ id, key, uid: 0 }], gone: [] });
  return { namespace: NAMESPACE, type, id, key };
}

/** What each question is answered and records, by a task of type web_t about an object that one of another type made. */
function asked(type: IpcType, checks: (object: AccessedIpc) => AccessCheck[], maker = 'db_t', asker = 'web_t') {
  const world = newWorld();
  const [task, other] = [spawnAs(world, asker), spawnAs(world, maker)];
  const object = made(world, other, type, 32_769, -7);
  become(other, 'admin_t');
  const before = records(world).length;
  const answers = checks(object).map((check) => world.stack.access.decide([check], task.caller).refused?.code);
  return { answers, records: records(world).slice(before) };
}

const denied = (permissions: string, objectClass: string, target = 'db_t', source = 'web_t', permissive = 0) =>
  `avc:  denied  { ${permissions} } for  ipc_key=-7  scontext=${source} tcontext=${target} tclass=${objectClass} permissive=${permissive}`;

describe('what a task of SELinux does to System V IPC', () => {
  it('asks for what the call does to an object, which has the label its maker had', () => {
    const { answers, records: texts } = asked('shm', (object) => [
      { hook: 'ipcPermission', about: { object, read: true, write: true } },
      { hook: 'ipcAssociate', about: { object, read: true, write: false } },
      { hook: 'shmShmat', about: { object, write: true } },
      { hook: 'shmShmat', about: { object, write: false } },
      ...(['stat', 'set', 'lock', 'remove'] as const).map(
        (operation): AccessCheck => ({ hook: 'ipcControl', about: { object, operation } }),
      ),
    ]);
    expect(answers).toEqual(Array(8).fill('EACCES'));
    const each = ['unix_read unix_write', 'associate', 'read write', 'read', 'getattr associate', 'setattr', 'lock'];
    expect(texts).toEqual([...each, 'destroy'].map((permissions) => denied(permissions, 'shm')));
  });

  it('asks about values of semaphores', () => {
    const { records: texts } = asked('sem', (object) => [
      { hook: 'semSemop', about: { object, alter: true } },
      { hook: 'semSemop', about: { object, alter: false } },
      ...(['getattr', 'read-value', 'write-value'] as const).map(
        (operation): AccessCheck => ({ hook: 'ipcControl', about: { object, operation } }),
      ),
    ]);
    const each = ['read write', 'read', 'getattr', 'read', 'write'];
    expect(texts).toEqual(each.map((permissions) => denied(permissions, 'sem')));
  });

  it('asks about the queue and the message, which has a label of its own', () => {
    const messages = (object: AccessedIpc): AccessCheck[] => [
      { hook: 'msgQueueMsgsnd', about: { object } },
      { hook: 'msgQueueMsgrcv', about: { object } },
    ];
    expect(asked('msg', messages).records).toEqual([denied('write', 'msgq'), denied('read', 'msgq')]);
    const permissive = asked('msg', messages, 'db_t', 'careless_t');
    expect(permissive.answers).toEqual([undefined, undefined]);
    // It has the type of the queue, which may be put into itself.
    const lax = (permission: string, objectClass: string, target = 'db_t', source = 'careless_t') =>
      denied(permission, objectClass, target, source, 1);
    expect(permissive.records).toEqual([
      lax('write', 'msgq'),
      lax('send', 'msg', 'db_t:s0'),
      lax('read', 'msgq'),
      lax('receive', 'msg', 'db_t:s0'),
    ]);
  });

  it('an object that was made outside is not asked about; making one needs create', () => {
    const world = newWorld();
    const task = spawnAs(world, 'web_t');
    const object: AccessedIpc = { namespace: NAMESPACE, type: 'shm', id: 1, key: 3 };
    const decide = (check: AccessCheck) => world.stack.access.decide([check], task.caller).refused?.code;
    world.stack.apply({
      kind: 'ipc',
      tid: task.tid,
      namespace: NAMESPACE,
      type: 'shm',
      made: [{ id: 1, key: 3, uid: 0 }],
      gone: [],
    });
    expect(decide({ hook: 'ipcControl', about: { object, operation: 'remove' } })).toBeUndefined();
    expect(decide({ hook: 'ipcAlloc', about: { type: 'shm', key: 3 } })).toBeUndefined();
    expect(records(world)).toEqual([]);
  });
});

it('of many namespaces those that are in use are remembered', () => {
  const world = newWorld();
  const task = spawnAs(world, 'web_t');
  const object = made(world, task, 'sem', 1, 0);
  const other = made(world, task, 'msg', 1, 0);
  const event = { kind: 'ipc', tid: task.tid, type: 'sem', made: [], gone: [] } as const;
  for (let namespace = 100; namespace < 1200; namespace++) {
    world.stack.apply({ ...event, namespace, making: { key: 0, uid: 0, alone: true } });
    world.stack.ipc.maker(object);
  }
  expect([object, other].map((one) => world.stack.ipc.maker(one)?.tid)).toEqual([task.tid, undefined]);
});

it('a new object is given to who is making one, by key, owner and process', () => {
  const world = newWorld();
  const [first, second] = [spawnAs(world, 'web_t'), spawnAs(world, 'db_t')];
  const event = { kind: 'ipc', tid: first.tid, namespace: NAMESPACE, type: 'shm', made: [], gone: [] } as const;
  const maker = (id: number) => world.stack.ipc.maker({ namespace: NAMESPACE, type: 'shm', id })?.tid;
  const [one, other] = [first.caller.tgid, second.caller.tgid];
  world.stack.apply({ ...event, making: { key: 0, uid: 0, alone: true } });
  world.stack.apply({
    ...event,
    made: [
      { id: 1, key: 0, uid: 0, process: other },
      { id: 2, key: 0, uid: 0, process: one },
      { id: 3, key: 9, uid: 0 },
      { id: 4, key: 0, uid: 1 },
    ],
  });
  expect([1, 2, 3, 4].map(maker)).toEqual([undefined, first.tid, undefined, undefined]);
  // Once it is seen, nobody waits; and what was seen before is not looked at again.
  const again = [1, 2, 5].map((id) => ({ id, key: 0, uid: 0, process: one }));
  world.stack.apply({ ...event, tid: second.tid, made: again });
  expect([1, 2, 5].map(maker)).toEqual([undefined, first.tid, undefined]);
  // Of two nobody knows which one it is.
  world.stack.apply({ ...event, making: { key: 0, uid: 0, alone: true }, gone: [2] });
  world.stack.apply({ ...event, made: [6, 7].map((id) => ({ id, key: 0, uid: 0 })) });
  expect([2, 6, 7].map(maker)).toEqual([undefined, undefined, undefined]);
  world.stack.apply({ ...event, making: { key: 0, uid: 0, alone: false } });
  world.stack.apply({ ...event, made: [{ id: 8, key: 0, uid: 0 }] });
  expect(maker(8)).toBeUndefined();
});
