/** The modules that were only proposed: in profile `talk` alone, each with its files. */
import { beforeEach, describe, expect, it } from 'vitest';
import { inspectStack } from './framework/inspection/inspect-stack.ts';
import { createWorld, type World, type WorldTask } from './library/index.ts';
import { outcomeOf } from './library/testing.ts';
import { MODULES } from './modules.ts';

const SUPPOSED = ['hardchroot', 'checmate', 'simpleflow', 'safename', 'shebang'];
const LSM = ['ptags', 'sara', 'caitsith', 'whiteegret', ...SUPPOSED].join(',');
const SECURITY = '/sys/kernel/security';

let world: World;
let root: WorldTask;
let user: WorldTask;

beforeEach(() => {
  world = createWorld({ lsm: LSM });
  root = world.spawn();
  user = world.spawn({ uid: 1000 });
});

const write = (task: WorldTask, file: string, text: string): string =>
  outcomeOf(() => task.fs.writeFileSync(file, text));
const read = (file: string, task = root): string => task.fs.readFileSync(file, 'latin1');

it.each(['mainline', '2018', '2025', '2026'] as const)('are not in %s', (profile) => {
  const other = createWorld({ lsm: LSM, profile, refuse: 'none' });
  expect(other.stack.active.filter((name) => LSM.split(',').includes(name))).toEqual([]);
});

it('are marked, those without located sources as supposed', () => {
  const { modules } = inspectStack(world.stack);
  const marked = (key: 'proposed' | 'supposed') => modules.filter((one) => one[key]).map(({ name }) => name);
  expect(marked('proposed')).toEqual(LSM.split(','));
  expect(marked('supposed')).toEqual(SUPPOSED);
  expect(new Set(MODULES.map(({ id }) => id)).size).toBe(MODULES.length);
});

describe('ptags', () => {
  const PTAGS = '/proc/self/attr/ptags';

  it('are added, valued, asked about and removed by lines; the bytes of what was done are returned', () => {
    expect(write(root, PTAGS, '+a\n+@b:c\n!a=1\n# no\n?b:*\n')).toBe('ok');
    expect(read(PTAGS)).toBe('a=1\n@b:c\n');
    const fd = root.fs.openSync(PTAGS, 'w');
    expect(root.fs.writeSync(fd, '+d\n?none\n+e\n')).toBe(3);
    expect(outcomeOf(() => root.fs.writeSync(fd, '?none\n'))).toBe('ENOENT');
    expect(outcomeOf(() => root.fs.writeSync(fd, '-none\n'))).toBe('ENOENT');
    for (const bad of ['+', '+x y\n', 'x\n', '+x', '!=\n', '+*\n', '+a:*\n', '+@\n', '+x\xff\n'])
      expect(outcomeOf(() => root.fs.writeSync(fd, Buffer.from(bad, 'latin1')))).toBe('EINVAL');
    expect(write(root, PTAGS, '-b:*\n-a\n')).toBe('ok');
    expect(read(PTAGS)).toBe('d\n');
  });

  it('are copied by fork and dropped at exec but for those with a mark', () => {
    write(root, PTAGS, '+a\n+@b\n');
    const child = root.fork();
    expect(read(PTAGS, child)).toBe('a\n@b\n');
    child.exec({ path: '/bin/true' });
    expect([read(PTAGS, child), read(PTAGS)]).toEqual(['@b\n', 'a\n@b\n']);
  });

  it('need privilege, or a tag that permits it', () => {
    expect(write(user, PTAGS, '+a\n')).toBe('EPERM');
    expect(write(root, `/proc/${user.tid}/attr/ptags`, '+ptags:app:*:add\n+ptags:x:sub\n+x\n')).toBe('ok');
    expect([write(user, PTAGS, '+app:1\n'), write(user, PTAGS, '+x\n'), write(user, PTAGS, '-x\n')]).toEqual([
      'ok',
      'EPERM',
      'ok',
    ]);
    expect(write(user, `/proc/${root.tid}/attr/ptags`, '+app:2\n')).not.toBe('ok');
  });

  it('are 4000 at most, of 4000 bytes', () => {
    expect(write(root, PTAGS, `+${'x'.repeat(4001)}\n`)).toBe('EINVAL');
    const many = Array.from({ length: 4000 }, (_, index) => `+t${index}\n`).join('');
    expect(write(root, PTAGS, many)).toBe('ok');
    expect([write(root, PTAGS, '+one\n'), write(root, PTAGS, '+t0\n')]).toEqual(['ECANCELED', 'ok']);
  });
});

describe('sara', () => {
  const SARA = `${SECURITY}/sara`;

  it('has switches until it is locked', () => {
    expect([read(`${SARA}/main/enabled`), read(`${SARA}/main/locked`)]).toEqual(['1\n', '0\n']);
    expect([write(root, `${SARA}/wxprot/enabled`, '0\n'), write(root, `${SARA}/wxprot/enabled`, 'x')]).toEqual([
      'ok',
      'EPERM',
    ]);
    expect(write(root, `${SARA}/wxprot/.load`, 'rules')).toBe('ok');
    expect(read(`${SARA}/wxprot/.dump`)).toBe('rules');
    expect(read(`${SARA}/wxprot/hash`)).toMatch(/^[\da-f]{40}\n$/);
    expect(write(root, `${SARA}/main/locked`, '1')).toBe('ok');
    expect(
      ['main/enabled', 'main/locked', 'wxprot/enabled', 'wxprot/.load'].map((name) =>
        write(root, `${SARA}/${name}`, '0'),
      ),
    ).toEqual(Array(4).fill('EACCES'));
    const weak = world.spawn({ capabilities: 0n });
    expect(outcomeOf(() => read(`${SARA}/main/version`, weak))).toBe('EACCES');
  });

  it('has flags of tasks that only get stricter', () => {
    const WXPROT = '/proc/self/attr/sara/wxprot';
    expect(read(WXPROT)).toBe('0x0000\n');
    expect(['0x8\n', '9', '1', '0x400', 'x', '0x0000009'].map((text) => write(root, WXPROT, text))).toEqual([
      'ok',
      'ok',
      ...Array(4).fill('EINVAL'),
    ]);
    expect(read(WXPROT, root.fork())).toBe('0x0009\n');
    expect(outcomeOf(() => read(`/proc/${root.tid}/attr/sara/wxprot`, user))).toBe('EACCES');
  });
});

it.each([
  ['hardchroot/enabled', ['1', '0'], ['2', 'on']],
  ['safename/enabled', ['1', '0'], ['on']],
  ['safename/allow', ['abc', ''], ['a/b', '\n\n']],
  ['simpleflow/policy', ['a b\nc d', ''], ['a', 'a b c']],
])('%s takes values from administrators', (name, good, bad) => {
  const file = `${SECURITY}/${name}`;
  const weak = world.spawn({ capabilities: 0n });
  for (const value of good) {
    expect(write(root, file, `${value}\n`)).toBe('ok');
    expect(read(file)).toBe(value === '' ? '' : `${value}\n`);
  }
  for (const value of bad) expect(write(root, file, value)).toBe('EINVAL');
  expect(write(weak, file, good[0] ?? '')).toBe('EPERM');
});

it('the others have what their purpose needs to be seen', () => {
  expect(read(`${SECURITY}/hardchroot/status`)).toBe('disabled\n');
  write(root, `${SECURITY}/hardchroot/enabled`, '1');
  expect(read(`${SECURITY}/hardchroot/status`)).toBe('enabled\n');
  expect(read(`${SECURITY}/checmate/hooks`)).toBe('');
  const SHEBANG = '/proc/sys/kernel/shebang_restricted';
  expect([write(root, SHEBANG, '1'), write(root, SHEBANG, '2'), read(SHEBANG)]).toEqual(['ok', 'EINVAL', '1\n']);
  const CURRENT = '/proc/self/attr/simpleflow/current';
  expect([read(CURRENT), write(root, CURRENT, 'high'), write(root, CURRENT, 'a b')]).toEqual([
    'none\n',
    'ok',
    'EINVAL',
  ]);
  expect(read(CURRENT, root.fork())).toBe('high\n');
  expect(write(user, CURRENT, 'high')).toBe('EPERM');
});
