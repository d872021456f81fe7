import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../framework/access/access.ts';
import { createWorld, type World } from '../../library/index.ts';

const POLICY = Uint8Array.from(
  readFileSync(new URL('../../../test/data/policies/mediation-tasks.33', import.meta.url)),
);

const newWorld = (): World => createWorld({ lsm: 'selinux', policy: POLICY, enforcing: true });

function spawnAs(world: World, type: string) {
  const task = world.spawn();
  task.fs.writeFileSync('/proc/self/attr/current', `u:r:${type}:s0`);
  return task;
}

const records = (world: World): string[] =>
  world.audit
    .filter(({ type }) => type === 1400)
    .map(({ body }) => body.replace(/ pid=.*? comm=".*?"/, '').replace(/u:r:(\w+):s0/g, '$1'));

/** What each question is answered and records, by a task of type web_t about one of another type. */
function asked(checks: (target: Tid) => AccessCheck[], about = 'db_t', type = 'web_t') {
  const world = newWorld();
  const [task, target] = [spawnAs(world, type), spawnAs(world, about)];
  const before = records(world).length;
  const answers = checks(target.tid).map((check) => world.stack.access.decide([check], task.caller).refused?.code);
  return { answers, records: records(world).slice(before) };
}

const denied = (permission: string, objectClass = 'process') =>
  `avc:  denied  { ${permission} } for  scontext=web_t tcontext=db_t tclass=${objectClass} permissive=0`;

describe('what a task of SELinux does to another', () => {
  it('asks for the permission of the signal', () => {
    const signals = [0, 9, 17, 19, 15, 18, 64];
    const { answers, records: texts } = asked((target) =>
      signals.map((signal) => ({ hook: 'taskKill', about: { target, signal } })),
    );
    expect(answers).toEqual(['EACCES', 'EACCES', undefined, 'EACCES', 'EACCES', 'EACCES', 'EACCES']);
    expect(texts).toEqual(['signull', 'sigkill', 'sigstop', 'signal', 'signal', 'signal'].map((name) => denied(name)));
  });

  it('asks for what the call does', () => {
    const { answers, records: texts } = asked((target) => [
      { hook: 'taskGetpgid', about: { target } },
      { hook: 'taskSetpgid', about: { target } },
      { hook: 'taskGetsid', about: { target } },
      { hook: 'taskGetscheduler', about: { target } },
      { hook: 'taskSetscheduler', about: { target } },
      { hook: 'taskSetnice', about: { target } },
      { hook: 'taskGetioprio', about: { target } },
      { hook: 'taskSetioprio', about: { target } },
      { hook: 'taskMovememory', about: { target } },
      { hook: 'capget', about: { target } },
      { hook: 'taskPrlimit', about: { target, read: true, write: true } },
      { hook: 'ptraceAccess', about: { target, mode: 2 } },
      { hook: 'ptraceAccess', about: { target, mode: 1 } },
    ]);
    expect(answers).toEqual(Array(13).fill('EACCES'));
    const scheduling = ['getsched', 'setsched', 'setsched', 'getsched', 'setsched', 'setsched'];
    const process = ['getpgid', 'setpgid', 'getsession', ...scheduling];
    expect(texts).toEqual([
      ...[...process, 'getcap', 'setrlimit getrlimit', 'ptrace'].map((name) => denied(name)),
      denied('read', 'file'),
    ]);
  });

  it('asks for reading where an attr file of another is opened, also to write', () => {
    const world = newWorld();
    const [task, target] = [spawnAs(world, 'web_t'), spawnAs(world, 'db_t')];
    const before = records(world).length;
    task.fs.openSync(`/proc/${target.tid}/attr/exec`, 'w');
    expect(records(world).slice(before)).toEqual([denied('read', 'file')]);
  });

  it('is not asked about soft limits, nor about what is gone', () => {
    const { answers, records: texts } = asked((target) => [
      { hook: 'taskSetrlimit', about: { target, resource: 7, hard: false, limit: 64n } },
      { hook: 'taskKill', about: { target: tidOf(0x7fffffff), signal: 9 } },
    ]);
    expect(answers).toEqual([undefined, undefined]);
    expect(texts).toEqual([]);
  });

  it('is allowed among its own, and recorded once where its type is permissive', () => {
    const kills = (target: Tid): AccessCheck[] =>
      Array(3).fill({ hook: 'taskKill', about: { target, signal: 9 } } satisfies AccessCheck);
    expect(asked(kills, 'web_t')).toEqual({ answers: [undefined, undefined, undefined], records: [] });
    const permissive = asked(kills, 'db_t', 'careless_t');
    expect(permissive.answers).toEqual([undefined, undefined, undefined]);
    expect(permissive.records).toEqual([
      'avc:  denied  { sigkill } for  scontext=careless_t tcontext=db_t tclass=process permissive=1',
    ]);
  });
});
