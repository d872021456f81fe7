/**
 * The tests of the Smack namespace series (smack_ns_tc_*), line by line, as far as they do not need a network: what root and a
 * user get without a namespace, in a user namespace, and in one with a map.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import type { UserNamespace } from '../../../vfs/tree/caller.ts';
import type { AccessCheck } from '../../framework/access/access.ts';
import { createWorld, type World, type WorldTask } from '../../library/index.ts';
import { outcomeOf } from '../../library/testing.ts';
import { current, mapOf, query, ROOT, read, USER, write } from './testing.ts';

const MAP = '_ floor\ninside name_in\nshared name_shared\noutside name_out\n';
/** It has all ids, as the one of these tests. */
const SPACE: UserNamespace = { id: 4_000_001, ancestors: [], rootUid: 0, rootGid: 0 };

let world: World;
let outside: WorldTask;

const xattr = (task: WorldTask, file: string, name = 'SMACK64'): string =>
  task.fs.getxattrSync(file, `security.${name}`).toString();
const setxattr = (task: WorldTask, file: string, value: string, name = 'SMACK64'): string =>
  outcomeOf(() => task.fs.setxattrSync(file, `security.${name}`, value));

/** In the three environments, as root and as a user: [no namespace, user namespace, with a map]. */
type Three = readonly [WorldTask, WorldTask, WorldTask];
let roots: Three;
let users: Three;
const inAll = (tasks: Three, action: (task: WorldTask, index: number) => string): string =>
  tasks.map((task, index) => action(task, index)).join(' ');

beforeEach(() => {
  world = createWorld({ lsm: 'smack' });
  outside = world.spawn();
  for (const rule of ['inside _ rx', 'shared _ rx', 'inside shared rwxal']) write(outside, 'load2', rule);
  world.fs.chmodSync('/', 0o777);
  const start = (identity: object, userNamespace?: UserNamespace): WorldTask => {
    const task = outside.fork();
    expect(write(task, '/proc/self/attr/current', 'inside')).toBe('ok');
    task.setIdentity({ ...identity, ...(userNamespace && { userNamespace }) });
    if (userNamespace?.id === SPACE.id && read(outside, mapOf(task)) === '')
      expect(write(outside, mapOf(task), MAP)).toBe('ok');
    return task;
  };
  const plain = { id: 4_000_002, ancestors: [] };
  roots = [start(ROOT), start(ROOT, plain), start(ROOT, SPACE)];
  users = [start(USER), start(USER, plain), start(USER, SPACE)];
});

/** A file with this label, one for each task. */
const file = (name: string, label: string): string => {
  world.fs.writeFileSync(name, 'text');
  world.fs.chmodSync(name, 0o777);
  world.fs.setxattrSync(name, 'security.SMACK64', label);
  return name;
};

describe('labels', () => {
  it('of the task itself are seen and set by names of the namespace', () => {
    expect(inAll(roots, current)).toBe('inside inside name_in');
    const set = (label: string) => (task: WorldTask) => write(task, '/proc/self/attr/current', label);
    expect(inAll(roots, set('unmapped'))).toBe('ok EPERM EBADR');
    expect(inAll(users, set('unmapped'))).toBe('EPERM EPERM EPERM');
    expect(read(users[2], `/proc/${roots[0].tid}/attr/current`)).toBe('?');
    const shared = (task: WorldTask, index: number) => set(index === 2 ? 'name_shared' : 'shared')(task);
    expect(inAll(roots, shared)).toBe('ok EPERM ok');
    expect(inAll(users, shared)).toBe('EPERM EPERM EPERM');
    expect(read(outside, `/proc/${roots[2].tid}/attr/current`)).toBe('shared');
    expect(read(users[2], `/proc/${outside.tid}/attr/current`)).toBe('floor');
  });

  it('of files: who may read and set them, and what is stored', () => {
    const hidden = file('/hidden', 'elsewhere');
    expect(inAll(roots, (task) => outcomeOf(() => xattr(task, hidden)))).toBe('ok EACCES EACCES');
    const out = file('/out', 'outside');
    expect(inAll(roots, (task) => outcomeOf(() => xattr(task, out)))).toBe('ok EACCES ok');
    expect(inAll(users, (task) => outcomeOf(() => xattr(task, out)))).toBe('EACCES EACCES EACCES');
    expect(xattr(roots[2], file('/floor', '_'))).toBe('floor');
    const shared = file('/shared', 'shared');
    world.fs.setxattrSync(shared, 'security.SMACK64EXEC', 'elsewhere');
    expect(inAll(roots, (task) => xattr(task, shared, 'SMACK64EXEC'))).toBe('elsewhere elsewhere ?');
    expect(inAll(roots, (task) => setxattr(task, shared, 'unmapped', 'SMACK64EXEC'))).toBe('ok EPERM EBADR');
    expect(inAll(users, (task) => setxattr(task, shared, 'unmapped', 'SMACK64EXEC'))).toBe('EPERM EPERM EPERM');
    const named = (task: WorldTask, index: number) =>
      setxattr(task, shared, index === 2 ? 'name_out' : 'outside', 'SMACK64EXEC');
    expect(inAll(roots, named)).toBe('ok EPERM ok');
    expect(inAll(users, named)).toBe('EPERM EPERM EPERM');
    expect(world.fs.getxattrSync(shared, 'security.SMACK64EXEC').toString()).toBe('outside');
    expect(xattr(roots[2], shared, 'SMACK64EXEC')).toBe('name_out');
    const remove = (task: WorldTask) => outcomeOf(() => task.fs.removexattrSync(shared, 'security.SMACK64EXEC'));
    expect(inAll(users, remove)).toBe('EPERM EPERM EPERM');
    expect([remove(roots[1]), remove(roots[2])]).toEqual(['EPERM', 'ok']);
  });

  it('of files are set by who is root of their owner and group alone', () => {
    const ids = [{ inside: 0, first: 1000, count: 10 }];
    const root = users[2].fork();
    const space = { id: SPACE.id, ancestors: [], rootUid: 1000, rootGid: 1000, uids: ids, gids: ids };
    root.setIdentity({ ...ROOT, uid: 1000, gid: 1000, userNamespace: space });
    const names = ['', 'EXEC', 'MMAP'].map((name) => `SMACK64${name}`);
    for (const [uid, gid, answer] of [
      [0, 0, 'EPERM'],
      [1000, 0, 'EPERM'],
      [0, 1000, 'EPERM'],
      [1000, 1000, 'ok'],
    ] as const) {
      const owned = file(`/owned-${uid}-${gid}`, 'shared');
      world.fs.chownSync(owned, uid, gid);
      expect(names.map((name) => setxattr(root, owned, 'name_shared', name))).toEqual(names.map(() => answer));
      expect(outcomeOf(() => root.fs.removexattrSync(owned, 'security.SMACK64'))).toBe(answer);
    }
  });

  it('that mark a directory as transmuting read TRUE, and new files have its label', () => {
    world.fs.mkdirSync('/dir');
    world.fs.chmodSync('/dir', 0o777);
    world.fs.setxattrSync('/dir', 'security.SMACK64', 'shared');
    world.fs.setxattrSync('/dir', 'security.SMACK64TRANSMUTE', 'TRUE');
    write(outside, 'load2', 'inside shared rwxat');
    expect(xattr(roots[2], '/dir', 'SMACK64TRANSMUTE')).toBe('TRUE');
    users[2].fs.writeFileSync('/dir/new', '');
    expect(xattr(users[2], '/dir/new')).toBe('name_shared');
    expect(world.fs.getxattrSync('/dir/new', 'security.SMACK64').toString()).toBe('shared');
  });
});

describe('rules', () => {
  it('that are built in go by names: none of a special label until it has one', () => {
    const task = roots[2];
    const ask = (text: string): string => query(task, text);
    expect([ask('name_in _ r'), ask('name_in floor x'), ask('name_in * r'), ask('@ name_in r')].join('')).toBe('0100');
    write(outside, mapOf(task), 'one _\n* *\n^ ^\n@ @\n');
    write(outside, 'load2', 'nobody one w');
    expect(['rx', 'w', 'l'].map((access) => ask(`name_in _ ${access}`)).join('')).toBe('101');
    expect([ask('* name_in r'), ask('name_in * rwxa'), ask('^ name_in rx'), ask('name_in ^ r')].join('')).toBe('0110');
    expect([ask('@ name_in rwxa'), ask('name_in @ rwxa')].join('')).toBe('11');
  });

  it('are changed from outside alone, and seen by names', () => {
    const set = (label: string) => (task: WorldTask) => write(task, 'load2', `${label} _ r`);
    expect([inAll(roots, set('unmapped')), inAll(users, set('unmapped'))]).toEqual([
      'ok EPERM EPERM',
      'EACCES EACCES EACCES',
    ]);
    expect(inAll(roots, (task) => write(task, 'revoke-subject', 'unmapped'))).toBe('ok EPERM EPERM');
    expect(inAll(roots, set('-'))).toBe('EINVAL EPERM EPERM');
    expect(read(roots[2], 'load2')).toBe('name_shared floor rx\nname_in name_shared rwxal\nname_in floor rx\n');
    expect(inAll(roots, (task) => query(task, 'unmapped _ rx'))).toBe('1 1 0');
    expect(inAll(roots, (task, index) => query(task, index === 2 ? 'name_in floor rx' : 'inside _ rx'))).toBe('1 1 1');
    expect(write(users[2], 'load-self2', 'name_in name_shared r')).toBe('ok');
    expect(write(users[2], 'load-self2', 'name_in shared r')).toBe('EBADR');
    expect(read(users[2], 'load-self2')).toBe('name_in name_shared r\n');
  });

  it('relabel-self takes names, once', () => {
    const announce = (name: string) => (task: WorldTask) => write(task, 'relabel-self', name);
    expect(inAll(roots, announce('unmapped'))).toBe('ok EPERM EBADR');
    expect(inAll(users, announce('unmapped'))).toBe('EPERM EPERM EPERM');
    const task = roots[2];
    expect(announce('name_shared')(task)).toBe('ok');
    task.setIdentity({ ...USER, userNamespace: SPACE });
    expect(read(task, 'relabel-self')).toBe('name_shared ');
    expect(write(task, '/proc/self/attr/current', 'name_out')).toBe('EPERM');
    expect(write(task, '/proc/self/attr/current', 'name_shared')).toBe('ok');
    expect([read(task, 'relabel-self'), announce('name_in')(task)]).toEqual(['', 'EPERM']);
    expect(read(outside, `/proc/${task.tid}/attr/current`)).toBe('shared');
  });

  it('onlycap, ambient and syslog are shown by names, and set outside', () => {
    const set = (node: string, label: string) => (task: WorldTask) => write(task, node, label);
    expect(inAll(roots, set('ambient', 'inside'))).toBe('ok EPERM EPERM');
    expect(inAll(roots, (task) => read(task, 'ambient'))).toBe('inside\0 inside\0 name_in\0');
    expect(inAll(roots, set('onlycap', '-'))).toBe('ok EPERM EPERM');
    expect(write(outside, 'onlycap', '_ inside elsewhere')).toBe('ok');
    expect(read(roots[2], 'onlycap')).toBe('? name_in floor ');
    expect(write(roots[2], '/proc/self/attr/current', 'name_shared')).toBe('ok');
    expect(write(roots[2], '/proc/self/attr/current', 'name_in')).toBe('EPERM');
  });
});

describe('accesses', () => {
  const asked = (task: WorldTask, check: AccessCheck): string =>
    world.stack.access.decide([check], task.caller).refused?.code ?? 'ok';

  it('to files: the capability helps among labels with names', () => {
    const shared = file('/rw', 'shared');
    const reads = (path: string) => (task: WorldTask) => outcomeOf(() => task.fs.readFileSync(path));
    expect([inAll(roots, reads(shared)), inAll(users, reads(shared))]).toEqual(['ok ok ok', 'ok ok ok']);
    const out = file('/other', 'outside');
    expect([inAll(roots, reads(out)), inAll(users, reads(out))]).toEqual(['ok EACCES ok', 'EACCES EACCES EACCES']);
    const unmapped = file('/unmapped', 'unmapped');
    write(outside, 'load2', 'inside unmapped rwx');
    expect([inAll(roots, reads(unmapped)), inAll(users, reads(unmapped))]).toEqual(['ok ok EACCES', 'ok ok EACCES']);
  });

  it('to tasks: the capability ends where the namespace does', () => {
    const target = outside.fork();
    write(target, '/proc/self/attr/current', 'outside');
    const kill = (task: WorldTask): string =>
      asked(task, { hook: 'taskKill', about: { target: tidOf(target.tid), signal: 15 } });
    expect([inAll(roots, kill), inAll(users, kill)]).toEqual(['ok EACCES EACCES', 'EACCES EACCES EACCES']);
    write(outside, 'load2', 'inside outside w');
    expect([inAll(roots, kill), inAll(users, kill)]).toEqual(['ok ok ok', 'ok ok ok']);
    write(target, '/proc/self/attr/current', 'unmapped');
    write(outside, 'load2', 'inside unmapped w');
    expect([inAll(roots, kill), inAll(users, kill)]).toEqual(['ok ok EACCES', 'ok ok EACCES']);
  });

  it('of mounts: label options name labels of the namespace', () => {
    const mount = (label: string) => (task: WorldTask) =>
      world.stack.files.mayMount('tmpfs', { smackfsdef: label }, task.caller)?.code ?? 'ok';
    expect([inAll(roots, mount('unmapped')), inAll(users, mount('unmapped'))]).toEqual([
      'ok EPERM EBADR',
      'EPERM EPERM EPERM',
    ]);
    expect(mount('name_out')(roots[2])).toBe('ok');
    expect(world.stack.files.keptOptions({ smackfsdef: 'name_out', size: '1' }, roots[2].caller)).toEqual({
      smackfsdef: 'outside',
      size: '1',
    });
  });

  it('of peers: labels are shown as the reader calls them', () => {
    const end = { socket: 1, peer: 2, connector: outside.caller.tgid };
    const label = (task: WorldTask) => Buffer.from(world.stack.peers.label(end, task.caller) as Uint8Array).toString();
    expect(inAll(roots, label)).toBe('_\0 _\0 floor\0');
  });
});
