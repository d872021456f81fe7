import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { labelsOf } from '../framework/labels/label-carrier.ts';
import { createWorld, type World, type WorldTask } from './index.ts';

const policy = readFileSync('test/data/policies/mediation.33');
const CURRENT = '/proc/self/attr/current';

function carry(from: WorldTask, world: World, to: WorldTask, source: World): void {
  const task = source.stack.tasks.find(from.caller.tid);
  if (task === undefined) throw new Error('no task');
  const labels = labelsOf(source.stack.modules, task);
  world.stack.apply({ kind: 'labels', task: to.caller, labels });
}

it('makes a task what it is in another stack, whatever it may become by itself', () => {
  const [source, world] = [createWorld({ lsm: 'selinux', policy }), createWorld({ lsm: 'selinux', policy })];
  const [from, to] = [source.spawn(), world.spawn()];
  from.fs.writeFileSync(CURRENT, 'u:r:web_t:s0');
  from.fs.writeFileSync('/proc/self/attr/fscreate', 'u:object_r:page_t:s0');
  world.fs.writeFileSync('/sys/fs/selinux/enforce', '1');
  carry(from, world, to, source);
  const read = (name: string) => to.fs.readFileSync(`/proc/self/attr/${name}`, 'utf8');
  expect([read('current'), read('fscreate')]).toEqual(['u:r:web_t:s0\0', 'u:object_r:page_t:s0\0']);
  from.fs.writeFileSync('/proc/self/attr/fscreate', '\n');
  carry(from, world, to, source);
  expect(read('fscreate')).toBe('');
});

it('makes it what the policy has for the unlabelled where that does not know its label', () => {
  const world = createWorld({ lsm: 'selinux', policy });
  const task = world.spawn();
  world.stack.apply({ kind: 'labels', task: task.caller, labels: { selinux: { current: 'x:y:z:s0' } } });
  const other = world.spawn();
  expect(other.fs.readFileSync(`/proc/${task.caller.tid}/attr/current`, 'utf8')).toBe('u:object_r:disk_t:s0\0');
});

it('carries labels of Smack, and leaves alone what the other stack does not have', () => {
  const [source, world] = [
    createWorld({ lsm: 'smack' }),
    createWorld({ lsm: 'smack,selinux', profile: 'talk', policy }),
  ];
  const [from, to] = [source.spawn(), world.spawn()];
  from.fs.writeFileSync(CURRENT, 'Web');
  const before = to.fs.readFileSync('/proc/self/attr/selinux/current', 'utf8');
  carry(from, world, to, source);
  expect(to.fs.readFileSync('/proc/self/attr/smack/current', 'utf8')).toBe('Web');
  expect(to.fs.readFileSync('/proc/self/attr/selinux/current', 'utf8')).toBe(before);
});
