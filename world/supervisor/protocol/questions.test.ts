/** What the daemon answers its workers, with a stack in memory and a backend that is told what a daemon would find out. */
import { expect, test } from 'vitest';
import { bytesOf, textOf } from '../../../linux/bytes.ts';
import { E } from '../../../linux/errno.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { InodeFacts } from '../../../lsm/framework/files/inode.ts';
import { createWorld } from '../../../lsm/library/index.ts';
import { SuperblockLabels } from '../../daemon/served/superblock-labels.ts';
import type { LateAnswers } from '../pending/late-answers.ts';
import type { SupervisorBackend } from './backend.ts';
import { type Answer, answerQuestion, type Question } from './questions.ts';

const [ESRCH, EIO, EEXIST, EINVAL, ENODATA, EOPNOTSUPP] = [3, 5, 17, 22, 61, 95];
const NO_ONE = 0x7fffffff;

const DISK = { type: 'ext4', id: 'vda' };
const inode = (ino: number, more: Partial<InodeFacts> = {}): InodeFacts => ({
  class: 'file',
  filesystem: DISK,
  path: `/${ino}`,
  ino,
  uid: 0,
  xattrs: {},
  ...more,
});
const file = (ino: number, more: Partial<InodeFacts> = {}): FileFacts => ({
  inode: inode(ino, more),
  path: `/mnt/${ino}`,
  device: '8:1',
  mode: 0o100644,
});

function daemon(more: Partial<SupervisorBackend> = {}) {
  const world = createWorld({ lsm: 'smack' });
  const task = world.spawn();
  const told: string[] = [];
  const waiting: object[] = [];
  const { stack } = world;
  const backend: Partial<SupervisorBackend> = {
    drain: () => void told.push('drain'),
    log: (text) => void told.push(text),
    identify: (tid) => (tid === task.tid ? task.caller : undefined),
    task: (tid) => (tid === task.tid ? task.caller : undefined),
    files: stack.files,
    syscalls: stack.syscalls,
    setSelfAttr: (input, caller) => stack.syscalls.setSelfAttr(input, caller),
    superblocks: new SuperblockLabels(
      () => new Set(['8:1', '8:2']),
      () => {},
    ),
    defaultContext: () => undefined,
    execution: (program) => {
      told.push(`exec ${program.path} of ${program.inode?.xattrs['security.SMACK64']} by ${program.tracer}`);
      return undefined;
    },
    processCall: (call, tid, code) => void told.push(`${call} ${tid === task.tid} ${code}`),
    ...more,
  };
  const late = { add: (read: object) => void waiting.push(read) } as unknown as LateAnswers;
  const answer = (question: Question): Answer => {
    const given = answerQuestion(backend as SupervisorBackend, late, question);
    if (given instanceof Promise) throw new Error('it takes its time');
    return given;
  };
  /** For whom the call is. */
  const ask = (question: Record<string, unknown>): Answer => answer({ tid: task.tid, ...question } as Question);
  return { world, task, told, waiting, answer, ask, backend, late };
}

test('a thread that is gone is ESRCH', () => {
  const { answer } = daemon();
  const who = { tid: NO_ONE };
  const facts = file(1);
  for (const question of [
    { kind: 'get-xattr', ...who, ...facts, name: 'security.SMACK64' },
    { kind: 'list-xattrs', ...who },
    { kind: 'new-label', ...who, ...facts, class: 'file', name: 'n' },
    { kind: 'may-mount', ...who, type: 'ext4', labels: {} },
    { kind: 'ptrace', ...who, request: 0, target: 1 },
  ] as const) {
    expect(answer(question)).toEqual({ errno: ESRCH, value: 0 });
  }
});

test('a bug is EIO and a line in the log', () => {
  const { ask, told } = daemon({
    identify: () => {
      throw new Error('a bug');
    },
  });
  expect(ask({ kind: 'list-xattrs' })).toEqual({ errno: EIO, value: 0 });
  expect(told.join('\n')).toMatch(/supervisor: list-xattrs: Error: a bug/);
});

test('and so is one that comes late', async () => {
  const { backend, late, task, told } = daemon({ detachedMount: () => Promise.reject(new Error('too late')) });
  const question = { kind: 'mount', tid: task.tid, type: 'smackfs' } as const;
  expect(await answerQuestion(backend as SupervisorBackend, late, question)).toEqual({ errno: EIO, value: 0 });
  expect(told.join('\n')).toMatch(/supervisor: mount: Error: too late/);
});

test('processes are known as they are now before anything is decided', () => {
  const { ask, told, waiting, answer } = daemon();
  ask({ kind: 'list-xattrs' });
  ask({ kind: 'process-call', call: 'exit_group', code: 3 });
  expect(told).toEqual(['drain', 'drain', 'exit_group true 3']);
  told.length = 0;
  answer({ kind: 'log', text: 'seen' });
  ask({ kind: 'syslog-wait', id: 5n });
  expect(told).toEqual(['supervisor: seen']);
  expect(waiting).toHaveLength(1);
});

test('an attribute is the module’s where it has one, else what is stored', () => {
  const { ask } = daemon();
  const labelled = file(1, { xattrs: { 'security.SMACK64': 'App' } });
  const label = ask({ kind: 'get-xattr', ...labelled, name: 'security.SMACK64' });
  expect([label.errno, textOf(label.data ?? bytesOf(''))]).toEqual([0, 'App']);
  expect(ask({ kind: 'get-xattr', ...labelled, name: 'security.other' }).errno).toBe(EOPNOTSUPP);
  expect(textOf(ask({ kind: 'list-xattrs', file: labelled }).data ?? bytesOf(''))).toContain('security.SMACK64');
});

test('setting an attribute says under which name it is stored', () => {
  const { ask } = daemon();
  const set = (value: string) =>
    ask({ kind: 'set-xattr', ...file(1), name: 'security.SMACK64', value: bytesOf(value) });
  expect(set('App')).toEqual({ errno: 0, value: 0, name: 'security.SMACK64' });
  expect(set('').errno).toBe(EINVAL);
});

test('what the host cannot store is kept, as a filesystem would', () => {
  const { ask } = daemon();
  const facts = file(7);
  const keep = (flags: number, name = 'security.x') =>
    ask({ kind: 'keep-xattr', ...facts, name, value: 'v', flags }).errno;
  const [CREATE, REPLACE] = [1, 2];
  expect(keep(REPLACE)).toBe(ENODATA);
  expect(keep(CREATE)).toBe(0);
  expect(keep(CREATE)).toBe(EEXIST);
  expect(keep(REPLACE)).toBe(0);
  const names = () => textOf(ask({ kind: 'list-xattrs', file: facts }).data ?? bytesOf('')).split('\0');
  expect(names()).toContain('security.x');
  const get = () => ask({ kind: 'get-xattr', ...facts, name: 'security.x', ofHost: true });
  expect(textOf(get().data ?? bytesOf(''))).toBe('v');
  const remove = () => ask({ kind: 'remove-xattr', ...facts, name: 'security.x', ofHost: true }).errno;
  expect([remove(), remove()]).toEqual([0, ENODATA]);
  keep(CREATE);
  ask({ kind: 'forget-xattrs', inode: facts.inode, device: facts.device });
  expect(get().errno).toBe(ENODATA);
});

test('a new file is labelled as its maker is', () => {
  const { ask, task } = daemon();
  task.fs.writeFileSync('/proc/self/attr/current', 'Maker');
  const made = ask({ kind: 'new-label', ...file(2, { class: 'dir' }), class: 'file', name: 'n' });
  expect(made.xattrs?.map(({ name, value }) => [name, textOf(value)])).toEqual([['security.SMACK64', 'Maker']]);
});

test('label options of a mount are parsed, judged, and count for its files', () => {
  const { ask } = daemon();
  const option = (name: string, value: string) => ask({ kind: 'mount-option', before: {}, name, value }).errno;
  expect([option('smackfsdef', 'Def'), option('smackfsdef', '-none')]).toEqual([0, EINVAL]);
  const labels = { smackfsdef: 'Def' };
  expect(ask({ kind: 'may-mount', type: 'ext4', labels }).errno).toBe(0);
  ask({ kind: 'mount-labels', device: '8:2', labels, attached: true });
  const facts = { ...file(3), device: '8:2' };
  const label = ask({ kind: 'get-xattr', ...facts, name: 'security.SMACK64' });
  expect(textOf(label.data ?? bytesOf(''))).toBe('Def');
});

test('a program is known with what is kept of it, and by whom it is traced', () => {
  const { ask, told } = daemon();
  ask({ kind: 'keep-xattr', ...file(4), name: 'security.SMACK64', value: 'Prog' });
  const question = {
    kind: 'exec',
    path: '/bin/p',
    filename: 'p',
    deleted: false,
    disconnected: false,
  };
  const rest = { nosuid: false, interpreters: [], noNewPrivs: false };
  expect(ask({ ...question, ...rest, file: file(4), tracer: 12 }).errno).toBe(0);
  expect(
    ask({
      ...question,
      ...rest,
      file: { path: '/bin/p', mode: 0o100755, links: 1, inode: { uid: 0, xattrs: {} } },
      tracer: 0,
    }).errno,
  ).toBe(0);
  const executions = told.filter((text) => text.startsWith('exec'));
  expect(executions).toEqual(['exec /bin/p of Prog by 12', 'exec /bin/p of undefined by undefined']);
});

test('system calls are answered with what is to be written back', () => {
  const { ask } = daemon();
  const list = ask({ kind: 'list-modules', input: { idsPresent: true, size: 64, flags: 0 } });
  expect(list.errno).toBe(0);
  expect(list.value).toBe((list.size ?? 0) / 8);
  expect(list.data).toHaveLength(list.size ?? 0);
  const small = ask({ kind: 'list-modules', input: { idsPresent: true, size: 0, flags: 0 } });
  expect(small).toMatchObject({ errno: 7, size: list.size });
});

test.each([E.EACCES, E.EPERM])('a refusal of a module is its errno: %s', (refusal) => {
  const { ask } = daemon({ ptrace: () => refusal });
  expect(ask({ kind: 'ptrace', request: 0, target: 1 })).toEqual({ errno: refusal.number, value: 0 });
});
