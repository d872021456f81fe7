/** smack_ns_tc_labels_map, line by line: who may write which map, and what it takes. */
import { beforeEach, describe, expect, it } from 'vitest';
import { UNKNOWN_NAMESPACE } from '../../../vfs/tree/caller.ts';
import { createWorld, type World, type WorldTask } from '../../library/index.ts';
import { outcomeOf } from '../../library/testing.ts';
import { current, mapOf, query, ROOT, read, USER, write } from './testing.ts';

const SPACE = { id: 4_000_001, ancestors: [] };

let world: World;
let outside: WorldTask;

beforeEach(() => {
  world = createWorld({ lsm: 'smack' });
  outside = world.spawn();
});

describe('the map', () => {
  let task: WorldTask;
  beforeEach(() => {
    task = outside.fork();
    task.setIdentity({ ...ROOT, userNamespace: { id: 4_000_009, ancestors: [] } });
  });
  const add = (text: string): string => write(outside, mapOf(task), text);

  it('is empty, takes pairs once, and shows them in the order of labels', () => {
    expect(read(outside, mapOf(task))).toBe('');
    expect(add('aaa bbb\n@ ^\n^ @')).toBe('ok');
    expect(add('ccc ccc\n_ _')).toBe('ok');
    expect(read(task, '/proc/self/attr/label_map')).toBe('ccc -> ccc\naaa -> bbb\n@ -> ^\n_ -> _\n^ -> @\n');
    expect([add('aaa other'), add('other bbb')]).toEqual(['EEXIST', 'EEXIST']);
    expect(world.fs.readFileSync(`/proc/${task.tid}/attr/label_map`, 'latin1')).not.toContain('other');
  });

  it.each(['-', '- x', 'x -', 'x', 'x y z', ' ', '\n', 'a b\n\nc d', `${'x'.repeat(256)} y`, `y ${'x'.repeat(256)}`])(
    '%j is EINVAL',
    (text) => {
      expect(add(text)).toBe('EINVAL');
    },
  );

  it('keeps the lines before the first mistake; a page is too much; a position is refused', () => {
    expect(add('a b\nc')).toBe('EINVAL');
    expect(read(outside, mapOf(task))).toBe('a -> b\n');
    expect(add(`c d${' '.repeat(4093)}`)).toBe('EINVAL');
    const fd = outside.fs.openSync(mapOf(task), 'r+');
    expect(outcomeOf(() => outside.fs.writeSync(fd, 'e f', 1))).toBe('EINVAL');
    expect(outcomeOf(() => outside.fs.writeSync(fd, 'bad'))).toBe('EINVAL');
    expect(outcomeOf(() => outside.fs.writeSync(fd, 'e f'))).toBe('ok');
  });

  it('is written from outside, with the capability when opening and when writing', () => {
    expect(write(outside, mapOf(outside), 'a b')).toBe('EBADR');
    expect(write(task, '/proc/self/attr/label_map', 'a b')).toBe('EPERM');
    const user = outside.fork();
    user.setIdentity(USER);
    expect(write(user, mapOf(task), 'a b')).toBe('EPERM');
    const handed = user.fs.openSync(mapOf(task), 'w');
    user.setIdentity(ROOT);
    expect(outcomeOf(() => user.fs.writeSync(handed, 'a b'))).toBe('EPERM');
    const dropping = outside.fork();
    const fd = dropping.fs.openSync(mapOf(task), 'w');
    dropping.setIdentity({ capabilities: 0n });
    expect(outcomeOf(() => dropping.fs.writeSync(fd, 'a b'))).toBe('EPERM');
    expect(add('a b')).toBe('ok');
  });

  it('is that of the user namespace around, whose root alone is privileged', () => {
    task.setIdentity({ ...ROOT, userNamespace: SPACE });
    add('_ name_in\nshared name_shared');
    const nested = task.fork();
    nested.setIdentity({ ...ROOT, userNamespace: { id: 4_000_010, ancestors: [SPACE.id] } });
    expect(current(nested)).toBe('name_in');
    expect(read(nested, '/proc/self/attr/label_map')).toBe(read(outside, mapOf(task)));
    expect(write(outside, mapOf(nested), 'a b')).toBe('EPERM');
    expect(write(task, mapOf(nested), 'a b')).toBe('EPERM');
    expect(write(nested, '/proc/self/attr/current', 'name_shared')).toBe('EPERM');
  });

  it('ends with the last task, before the number of the user namespace comes again', () => {
    add('_ kept');
    const child = task.fork();
    task.exit();
    expect(current(child)).toBe('kept');
    child.exit();
    const later = outside.fork();
    later.setIdentity({ ...ROOT, userNamespace: { id: 4_000_009, ancestors: [] } });
    expect([current(later), read(outside, mapOf(later))]).toEqual(['_', '']);
  });

  it('stays as long as a task is there, also one that nobody has looked at', () => {
    add('_ kept');
    const unseen = task.fork();
    // As if it had been forked before the map was written, or had entered since.
    world.stack.apply({ kind: 'user-namespace', task: unseen.caller });
    const told: string[] = [];
    world.stack.observe(({ kind }) => told.push(kind));
    task.exit();
    expect(told).toEqual(['user-namespace', 'exit']); // a log of them rebuilds the same
    expect(current(unseen)).toBe('kept');
    unseen.exit();
    const later = outside.fork();
    later.setIdentity({ ...ROOT, userNamespace: { id: 4_000_009, ancestors: [] } });
    expect([current(later), read(outside, mapOf(later))]).toEqual(['_', '']);
  });

  it('stays while nobody can say where the last task is, which is held', () => {
    add('_ kept');
    world.stack.userNamespaces.note({ ...task.caller, userNamespace: UNKNOWN_NAMESPACE });
    outside.fork().exit();
    expect(current(task)).toBe('kept');
    task.exit();
    const later = outside.fork();
    later.setIdentity({ ...ROOT, userNamespace: { id: 4_000_009, ancestors: [] } });
    expect(read(outside, mapOf(later))).toBe('');
  });

  it('is that of where a task was seen last while nobody can say where it is', () => {
    add('_ kept');
    const user = task.fork();
    user.setIdentity(USER);
    expect([write(user, 'load-self2', 'kept _ r'), query(user, '_ _ r')]).toEqual(['EBADR', '0']);
    for (const who of [task, user]) who.setIdentity({ userNamespace: UNKNOWN_NAMESPACE });
    expect([current(task), current(user)]).toEqual(['kept', 'kept']);
    expect([write(user, 'load-self2', 'kept _ r'), query(user, '_ _ r')]).toEqual(['EBADR', '0']);
    expect(write(task, '/proc/self/attr/current', 'kept')).toBe('EPERM'); // its capabilities count nowhere
  });

  it('is no file of mainline', () => {
    const mainline = createWorld({ lsm: 'smack', profile: 'mainline' });
    expect(outcomeOf(() => mainline.spawn().fs.readFileSync('/proc/self/attr/label_map'))).toBe('ENOENT');
  });
});
