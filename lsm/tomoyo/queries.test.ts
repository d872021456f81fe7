/** Programs that enforcing mode would refuse, while somebody has `query` open. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Execution } from '../framework/testing/execution.ts';
import { execCall } from '../framework/testing/files.ts';
import { createWorld, KERNEL_BUILDS, type World } from '../library/index.ts';
import type { WorldTask } from '../library/world.ts';

const ROOT = '/sys/kernel/security/tomoyo';
const TRIGGER = '/sbin/start';
const DOMAIN = `<kernel> ${TRIGGER}`;

let world: World;
let task: WorldTask;
/** A manager, who has `query` open. */
let editor: WorldTask;
let fd: number;
beforeEach(() => {
  world = createWorld({ lsm: 'tomoyo', build: KERNEL_BUILDS.uml, parameters: { TOMOYO_trigger: TRIGGER } });
  task = world.spawn();
  editor = world.spawn();
  editor.exec({ path: '/bin/editor' });
  write('manager', '/bin/editor');
  write('profile', '0-CONFIG={ mode=disabled }', '3-CONFIG={ mode=enforcing }');
  write('domain_policy', DOMAIN, 'use_profile 3');
  start(TRIGGER);
  fd = editor.fs.openSync(`${ROOT}/query`, 'r+');
});

const write = (name: string, ...lines: string[]): void =>
  editor.fs.writeFileSync(`${ROOT}/${name}`, lines.map((line) => `${line}\n`).join(''));
const domainOf = (who: WorldTask): string => who.fs.readFileSync(`${ROOT}/self_domain`, 'latin1');

function start(path: string): void {
  const file = { path, call: execCall({ filename: path }) };
  expect(world.stack.files.mayExec(file, task.caller)).toBeUndefined();
  task.exec(file);
}

/** execve(2) that may wait. */
function begin(path: string, who = task, more: object = {}) {
  const file = { path, call: execCall({ filename: path, argv: [path], ...more }) };
  const execution = new Execution(world.stack.files.mayExecOrWait(file, who.caller));
  return {
    seconds: (count: number) => execution.secondsPass(count),
    interrupt: () => execution.interrupt(),
    get outcome(): string {
      const { outcome } = execution;
      if (outcome === 'waits') return outcome;
      if (outcome === undefined) who.exec(file);
      return outcome?.code ?? domainOf(who);
    },
  };
}

const answer = (text: string) => editor.fs.writeSync(fd, `${text}\n`);
function questions(): string[] {
  const buffer = Buffer.alloc(4096);
  const found: string[] = [];
  for (let length = -1; length !== 0; ) {
    length = editor.fs.readSync(fd, buffer);
    if (length > 0) found.push(buffer.toString('latin1', 0, length));
  }
  return found;
}

describe('a program that enforcing mode would refuse', () => {
  it('waits for the answer of whoever has query open', () => {
    const execution = begin('/bin/ls');
    expect(execution.outcome).toBe('waits');
    const [question = '', ...others] = questions();
    expect(others).toEqual([]);
    expect(question).toMatch(
      /^Q0-0\n#[\d/]+ [\d:]+# profile=3 mode=enforcing granted=no .* exec=\{ realpath="\/bin\/ls" argc=1 argv\[\]=\{ "\/bin\/ls" \} \}\n<kernel> \/sbin\/start\nfile execute \/bin\/ls\n\0$/,
    );
    answer('A0=1');
    expect(execution.outcome).toBe(`${DOMAIN} /bin/ls`);
    expect(questions()).toEqual([]);
  });

  it('is refused by every other answer, but for 0, which is none', () => {
    const execution = begin('/bin/ls');
    answer('A0=0');
    answer('nonsense');
    expect(execution.outcome).toBe('waits');
    answer('A0=2');
    expect(execution.outcome).toBe('EPERM');
  });

  it('is judged anew when the answer is to retry, and asked about again', () => {
    const execution = begin('/bin/ls');
    answer('A0=3');
    expect(execution.outcome).toBe('waits');
    expect(questions().map((text) => text.split('\n', 1)[0])).toEqual(['Q1-1']);
    write('domain_policy', DOMAIN, 'file execute /bin/\\*');
    answer('A1=3');
    expect(execution.outcome).toBe(`${DOMAIN} /bin/\\*`);
  });

  it('waits ten seconds from the last word on', () => {
    const execution = begin('/bin/ls');
    execution.seconds(9);
    answer('');
    execution.seconds(9);
    expect(execution.outcome).toBe('waits');
    execution.seconds(1);
    expect([execution.outcome, questions()]).toEqual(['EPERM', []]);
  });

  it('waits until there is a signal', () => {
    const execution = begin('/bin/ls');
    execution.interrupt();
    expect([execution.outcome, questions()]).toEqual(['EPERM', []]);
  });

  it('is refused when nobody is left to answer, or is there from the start', () => {
    const execution = begin('/bin/ls');
    editor.fs.closeSync(fd);
    expect([execution.outcome, begin('/bin/ls').outcome]).toEqual(['EPERM', 'EPERM']);
  });

  it('waits no more when its task has ended; an answer comes too late then', () => {
    const child = task.fork();
    begin('/bin/ls', child);
    child.exit();
    expect(questions()).toEqual([]);
    expect(answer('A0=1')).toBe(5);
    expect(begin('/bin/ls').outcome).toBe('waits');
    expect(questions().map((text) => text.split('\n', 1)[0])).toEqual(['Q1-0']);
  });

  it('is refused to who cannot wait', () => {
    const file = { path: '/bin/ls', call: execCall({ filename: '/bin/ls' }) };
    expect([world.stack.files.mayExec(file, task.caller)?.code, questions()]).toEqual(['EPERM', []]);
  });

  it('has its question counted, and none is asked beyond the quota', () => {
    const used = () => /query message: +(\d+)/.exec(editor.fs.readFileSync(`${ROOT}/stat`, 'latin1'))?.[1];
    const execution = begin('/bin/ls');
    expect(used()).toBe('256');
    write('stat', 'Memory used by query message: 512');
    expect(begin('/bin/ls', task.fork()).outcome).toBe('EPERM');
    answer('A0=2');
    expect([execution.outcome, used()]).toEqual(['EPERM', '0']);
  });
});

it('the interpreter of a script is asked about after the script', () => {
  write('domain_policy', `${DOMAIN} /bin/script`, 'use_profile 3');
  const interpreters = [{ path: '/bin/sh', device: '8:1', mode: 0o100755, inode: INODE }];
  const execution = begin('/bin/script', task, { interpreters });
  answer('A0=1');
  expect(execution.outcome).toBe('waits');
  expect(questions()[0]).toMatch(/^Q1-0\n.*\n<kernel> \/sbin\/start \/bin\/script\nfile read \/bin\/sh\n\0$/);
  answer('A1=1');
  expect(execution.outcome).toBe(`${DOMAIN} /bin/script`);
});

const INODE = {
  class: 'file' as const,
  filesystem: { type: 'ext4', id: 'sda' },
  path: '/bin/sh',
  ino: 1,
  uid: 0,
  gid: 0,
  xattrs: {},
};

it('only managers answer', () => {
  const execution = begin('/bin/ls');
  const other = world.spawn().fs;
  const theirs = other.openSync(`${ROOT}/query`, 'w');
  expect(() => other.writeSync(theirs, 'A0=1\n')).toThrow('EPERM');
  expect(execution.outcome).toBe('waits');
});

it('each read shows the next question, after the last one nothing', () => {
  expect(questions()).toEqual([]);
  begin('/bin/ls', task.fork());
  begin('/bin/cat', task.fork());
  const heads = () => questions().map((text) => text.split('\n', 1)[0]);
  expect([heads(), heads()]).toEqual([
    ['Q0-0', 'Q1-0'],
    ['Q0-0', 'Q1-0'],
  ]);
});

it('an execution that has happened leads to its domain, as when a log is replayed', () => {
  task.exec({ path: '/bin/ls', call: execCall({ filename: '/bin/ls' }) });
  expect(domainOf(task)).toBe(`${DOMAIN} /bin/ls`);
});
