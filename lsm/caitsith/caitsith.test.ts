import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World, type WorldTask } from '../library/index.ts';
import { outcomeOf } from '../library/testing.ts';
import { parseCondition } from './condition.ts';
import { Policy } from './policy.ts';
import { encodeName, isWord } from './words.ts';

const DIRECTORY = '/sys/kernel/security/caitsith';
const POLICY = `${DIRECTORY}/policy`;
const START = '/sbin/start';

let world: World;
let root: WorldTask;

beforeEach(() => {
  world = createWorld({ lsm: 'caitsith', parameters: { CS_trigger: START } });
  root = world.spawn();
  root.exec({ path: '/bin/sh' });
});

const write = (text: string, task = root): string => outcomeOf(() => task.fs.writeFileSync(POLICY, text));
const read = (name = 'policy'): string => root.fs.readFileSync(`${DIRECTORY}/${name}`, 'latin1');
const mayExec = (path: string, linkPath?: string, task = root): string => {
  const call = { ...{ filename: path, deleted: false, disconnected: false, nosuid: false }, interpreters: [] };
  const details = { ...call, noNewPrivs: false, fsuid: 0, ...(linkPath && { linkPath }) };
  return world.stack.files.mayExec({ path, call: details }, task.caller)?.code ?? 'ok';
};
/** The policy without its first lines. */
const blocks = (): string => read().split('\n\n').slice(1).join('\n\n');

describe('policy', () => {
  it('is shown by operation and priority, whatever the order it came in', () => {
    expect(
      write(
        [
          '10 acl modify_policy',
          ' deny task.exe!="/bin/sh"',
          'acl   execute  exec=path',
          '5 acl execute path="/bin/x\\040y" exec!=NULL',
          '30 allow task.exe="/usr/\\{\\*\\}/\\*"',
          'deny',
          '20 deny exec="/\\(a\\)/\\a"',
          'POLICY_VERSION=20120401',
          '',
        ].join('\n'),
      ),
    ).toBe('ok');
    expect(blocks()).toBe(
      '5 acl execute path="/bin/x\\040y" exec!=NULL\n' +
        '    20 deny exec="/\\(a\\)/\\a"\n' +
        '    30 allow task.exe="/usr/\\{\\*\\}/\\*"\n' +
        '    1000 deny\n\n' +
        '1000 acl execute exec=path\n\n' +
        '10 acl modify_policy\n' +
        '    1000 deny task.exe!="/bin/sh"\n\n',
    );
    expect(read()).toContain('POLICY_VERSION=20120401\nstat Policy updated: 8\n');
    expect(read()).toContain('\nstat Requests denied: 0\nstat Memory used by policy: ');
  });

  it('counts memory as kmalloc() gives it, what is equal once', () => {
    expect(read()).toContain('stat Memory used by policy: 0\n');
    write('acl execute path="/a"\ndeny path="/a"\n');
    // Two entries of 64; a condition of 40, and a name of 51 bytes.
    expect(read()).toContain(`stat Memory used by policy: ${2 * 64 + 64 + 64}\n`);
    write('delete acl execute path="/a"\n');
    expect(read()).toContain('stat Memory used by policy: 0\n');
  });

  it('drops what is malformed, with success', () => {
    const bad = [
      ...[
        'acl',
        'acl open',
        'allow',
        '70000 acl execute',
        '5',
        'acl execute path',
        'acl execute path=',
        'acl execute ="/a"',
      ],
      ...[
        'acl execute path="',
        'acl execute path="/a',
        'acl execute path=/a',
        'acl execute path="/\\z"',
        'acl execute a="/a"',
      ],
      ...[
        'acl modify_policy path="/a"',
        'acl modify_policy task.exe=exec',
        'delete acl execute',
        'audit 1',
        'POLICY_VERSION=',
      ],
    ];
    for (const line of bad) expect([line, write(`${line}\n`)]).toEqual([line, 'ok']);
    expect(read()).toBe(
      'POLICY_VERSION=0\nstat Policy updated: 0\nstat Requests denied: 0\nstat Memory used by policy: 0\n\n',
    );
  });

  it('takes lines in pieces, and rules for the block of the same open alone', () => {
    const fd = root.fs.openSync(POLICY, 'w');
    for (const part of ['acl exe', 'cute\nde', 'ny\n']) root.fs.writeSync(fd, part);
    write('deny path="/a"\n');
    root.fs.writeSync(fd, 'delete deny\n');
    expect(blocks()).toBe('1000 acl execute\n\n');
    root.fs.writeSync(fd, 'delete acl execute\ndeny\n');
    expect(blocks()).toBe('');
  });

  it('has no line of four megabytes', () => {
    const fd = root.fs.openSync(POLICY, 'w');
    expect(outcomeOf(() => root.fs.writeSync(fd, 'x'.repeat(4 * 1024 * 1024)))).toBe('ENOMEM');
    expect(outcomeOf(() => root.fs.writeSync(fd, '\n'))).toBe('ENOMEM');
  });

  it('is read once for each open, and has a version that nobody writes', () => {
    const fd = root.fs.openSync(`${DIRECTORY}/version`, 'r');
    const buffer = Buffer.alloc(20);
    expect([root.fs.readSync(fd, buffer, 0, 20, null), root.fs.readSync(fd, buffer, 0, 20, null)]).toEqual([10, 0]);
    expect(read('version')).toBe('2016/09/25');
    expect(outcomeOf(() => root.fs.writeFileSync(`${DIRECTORY}/version`, 'x'))).toBe('EIO');
  });
});

describe('decisions', () => {
  const load = (text: string): void => {
    expect(write(`POLICY_VERSION=20120401\n${text}\n`)).toBe('ok');
    expect(mayExec(START)).toBe('ok');
  };

  it('are made once the trigger was executed', () => {
    write('POLICY_VERSION=20120401\nacl execute path="/bin/x"\ndeny\n');
    expect(mayExec('/bin/x')).toBe('ok');
    expect(mayExec(START)).toBe('ok');
    expect([mayExec('/bin/x'), mayExec('/bin/y')]).toEqual(['EPERM', 'ok']);
    expect(read()).toContain('\nstat Requests denied: 1\n');
  });

  it('are made in a world that is replayed, too', () => {
    write('POLICY_VERSION=20120401\nacl execute path="/bin/x"\ndeny\n');
    world.spawn().exec({ path: START });
    expect(mayExec('/bin/x')).toBe('EPERM');
  });

  it('are not made by a policy of another version', () => {
    write('acl execute\ndeny\n');
    expect([mayExec(START), mayExec('/bin/x'), write('acl execute\n')]).toEqual(['ok', 'ok', 'ok']);
  });

  it('are those of the first rule of each block', () => {
    load(
      'acl execute path="/opt/\\*"\n10 allow task.exe="/bin/sh"\n20 deny\n' +
        '2000 acl execute exec="/opt/\\*" path!=exec\n deny',
    );
    expect([mayExec('/opt/a'), mayExec('/opt/a', '/bin/link'), mayExec('/opt/a', '/opt/link')]).toEqual([
      'ok',
      'ok',
      'EPERM',
    ]);
    const other = root.fork();
    other.exec({ path: '/bin/bash' });
    expect([mayExec('/opt/a', undefined, other), mayExec('/opt/a/b', undefined, other)]).toEqual(['EPERM', 'ok']);
    expect(mayExec('/opt/a', undefined, world.spawn())).toBe('EPERM');
  });

  it('say who changes the policy', () => {
    load('acl modify_policy\nallow task.exe="/bin/sh"\ndeny');
    const other = root.fork();
    expect(write('acl execute\n', other)).toBe('ok');
    other.exec({ path: '/bin/ed it' });
    expect(write('acl execute path="/a"\n', other)).toBe('EPERM');
    expect(blocks()).not.toContain('/a');
    expect(write('\n', other)).toBe('EPERM');
    const told = world.kernelLog.filter((line) => line.endsWith('is not permitted to update policies.'));
    expect(told).toEqual([`'/bin/ed\\040it' (pid=${other.tid}) is not permitted to update policies.`]);
  });
});

it('who may change the policy is asked again when a rule about that has changed', () => {
  expect(write('POLICY_VERSION=20120401\n')).toBe('ok');
  root.exec({ path: START });
  root.exec({ path: '/bin/sh' });
  const other = world.spawn();
  other.exec({ path: '/bin/other' });
  expect(write('acl execute\ndeny path="/bin/x"\n'.repeat(2), other)).toBe('ok');
  expect(write('acl modify_policy\ndeny task.exe="/bin/other"\n')).toBe('ok');
  expect(write('\n', other)).toBe('EPERM');
  expect(write('acl modify_policy\ndelete deny task.exe="/bin/other"\n')).toBe('ok');
  expect(write('\n', other)).toBe('ok');
  expect(write('acl modify_policy\ndeny task.exe="/bin/sh"\n\n')).toBe('EPERM');
  expect(blocks()).toBe(
    '1000 acl execute\n    1000 deny path="/bin/x"\n\n1000 acl modify_policy\n    1000 deny task.exe="/bin/sh"\n\n',
  );
});

it('says when it was changed last', () => {
  const policy = new Policy(() => 1_000_000_000.5);
  policy.write('POLICY_VERSION=20120401', { block: undefined });
  expect(policy.print()).toMatch(/\nstat Policy updated: 1 \(Last: 2001\/09\/09 01:46:40\)\nstat Requests denied: 0\n/);
});

it('conditions fit a page', () => {
  const names = (count: number) => Array(count).fill('path="/a"').join(' ');
  expect(parseCondition('execute', names(254))?.comparisons).toHaveLength(254);
  expect(parseCondition('execute', names(255))).toBeUndefined();
});

describe('words', () => {
  it.each(['a', '/\\*', '\\134', '\\001', '/\\{a\\}/', '/\\{a\\}/\\(b\\)/', '\\*'.repeat(20), '\\?'.repeat(30)])(
    '%s is one',
    (word) => expect(isWord(word)).toBe(true),
  );
  it.each([
    '',
    'a b',
    '\\',
    '\\\\',
    '\\000x\\',
    '\\101',
    '\\{a\\}/',
    '/\\{a\\}',
    '/\\{a\\)/',
    '/\\(a/b\\)/',
    '\\*'.repeat(21),
  ])('%s is none', (word) => expect(isWord(word)).toBe(false));
  it('encode names', () => expect(encodeName('/a \\\xff')).toBe('/a\\040\\134\\377'));
});
