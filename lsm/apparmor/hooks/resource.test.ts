import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { RLIMIT_NOFILE } from '../../../linux/process.ts';
import { createWorld } from '../../library/index.ts';
import { inMode } from '../policy/testing/modes.ts';

const POLICY = Uint8Array.from(
  readFileSync(new URL('../../../test/conformance/scenarios/data/aa/mediate.bin', import.meta.url)),
);

it('a profile bounds the limits of its tasks, and does not let them set those of others', () => {
  const world = createWorld({ lsm: 'apparmor' });
  world.spawn().fs.writeFileSync('/sys/kernel/security/apparmor/.load', POLICY);
  const [bounded, weak, alike] = ['rl', 'nocaps', 'nocaps'].map((profile) => {
    const task = world.spawn();
    task.fs.writeFileSync('/proc/self/attr/current', `changeprofile ${profile}`);
    return task;
  });
  const set = (limit: bigint, task = bounded, target = task?.tid) => {
    if (task === undefined || target === undefined) throw new Error('no task');
    const before = world.audit.length;
    const about = { target, resource: RLIMIT_NOFILE, hard: true, limit };
    const refused = world.stack.access.decide([{ hook: 'taskSetrlimit', about }], task.caller).refused?.code;
    return [refused, ...world.audit.slice(before).map(({ body }) => body.replace(/ pid=.*? comm=".*?"/, ''))];
  };
  expect(set(64n)).toEqual([undefined]);
  expect(set(200n)).toEqual([
    'EACCES',
    'apparmor="DENIED" operation="setrlimit" class="rlimits" profile="rl" rlimit=nofile value=200',
  ]);
  expect(set(20n, weak, alike?.tid)).toEqual([undefined]);
  expect(set(20n, weak, world.spawn().tid)).toEqual([
    'EACCES',
    'apparmor="DENIED" operation="setrlimit" class="rlimits" info="cap_sys_resource" error=-13 profile="nocaps" rlimit=nofile value=20 peer="unconfined"',
  ]);
});

it('who asks for too much under a profile in kill mode is killed', () => {
  const world = createWorld({ lsm: 'apparmor' });
  world.spawn().fs.writeFileSync('/sys/kernel/security/apparmor/.load', inMode(POLICY, 'rl', 'kill'));
  const task = world.spawn();
  task.fs.writeFileSync('/proc/self/attr/current', 'changeprofile rl');
  const set = (limit: bigint) => {
    const about = { target: task.tid, resource: RLIMIT_NOFILE, hard: true, limit };
    return world.stack.access.decide([{ hook: 'taskSetrlimit', about }], task.caller).refused?.code;
  };
  const isAlive = () => world.stack.tasks.find(task.tid) !== undefined;
  expect([set(100n), isAlive()]).toEqual([undefined, true]);
  expect([set(200n), isAlive()]).toEqual(['EACCES', false]);
  expect(world.audit.at(-1)?.body).toMatch(/^apparmor="KILLED" operation="setrlimit" .* rlimit=nofile value=200$/);
});

it('unconfined tasks may do with files what they like; others are judged by where rules lead paths', () => {
  const world = createWorld({ lsm: 'apparmor' });
  const task = world.spawn();
  task.fs.writeFileSync('/sys/kernel/security/apparmor/.load', POLICY);
  const scope = () => world.stack.access.subject(task.caller).scope;
  expect(scope()).toBe('nothing');
  task.fs.writeFileSync('/proc/self/attr/current', 'changeprofile rl');
  expect(scope()).toMatchObject({ attributes: [], uniform: 'all', rules: [{ automaton: 0 }] });
  world.spawn().fs.writeFileSync('/sys/kernel/security/apparmor/.replace', inMode(POLICY, 'rl', 'complain'));
  expect(scope()).toBeUndefined(); // what is allowed may be recorded
});
