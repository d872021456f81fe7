/** What the daemon answers its workers, with a stack in memory and a backend that is told what a daemon would find out. */

import { expect, test } from 'vitest';
import { bytesOf, textOf } from '../../../../linux/bytes.ts';
import { E } from '../../../../linux/errno.ts';
import { tidOf } from '../../../../linux/ids.ts';
import type { FileFacts } from '../../../../lsm/framework/files/file-facts.ts';
import type { InodeFacts } from '../../../../lsm/framework/files/inode.ts';
import { UNKNOWN_FILESYSTEM } from '../../../../lsm/framework/files/inode.ts';
import { LABEL, LABEL_OPTION, labeller } from '../../../../lsm/framework/testing/labeller.ts';
import { bootToys, callerOf } from '../../../../lsm/framework/testing/toy.ts';
import { FileSystemFacade } from '../../../../vfs/user/facade.ts';
import { KeptLabels } from '../../../daemon/served/superblock-labels.ts';
import type { LateAnswers } from '../../pending/late-answers.ts';
import { WaitingCalls } from '../../pending/waiting-calls.ts';
import type { SupervisorBackend } from '../backend.ts';
import type { QuestionIn } from '../channel.ts';
import { WaitingCount } from '../waiting-count.ts';
import type { XattrValue } from './get-xattr.ts';
import { type AnswerTo, answerQuestion, type Dialogue, type Kind } from './index.ts';
import type { Answer, ErrnoAnswer } from './question.ts';
import type { StoredAnswer } from './stored.ts';

const [ESRCH, EIO, E2BIG, EEXIST, EINVAL, ENODATA, EOPNOTSUPP] = [3, 5, 7, 17, 22, 61, 95];
const NO_ONE = tidOf(0x7fffffff);

const DISK = { type: 'ext4', id: 'vda' };
const inode = (ino: number, more: Partial<InodeFacts> = {}): InodeFacts => ({
  class: 'file',
  filesystem: DISK,
  path: `/${ino}`,
  ino,
  uid: 0,
  gid: 0,
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
  const { stack, facts } = bootToys([labeller('labeller', 901)]);
  const caller = callerOf(100);
  facts.add(caller.tid);
  const told: string[] = [];
  const waiting: object[] = [];
  const backend: Partial<SupervisorBackend> = {
    drain: () => void told.push('drain'),
    log: (text) => void told.push(text),
    identify: (tid) => (tid === caller.tid ? caller : undefined),
    task: (tid) => (tid === caller.tid ? caller : undefined),
    files: stack.files,
    syscalls: stack.syscalls,
    setSelfAttr: (input, by) => stack.syscalls.setSelfAttr(input, by),
    superblocks: new KeptLabels(
      () => new Set(['8:1', '8:2']),
      () => {},
    ),
    defaultContext: () => undefined,
    ownerFor: (uid) => uid,
    execution: (program) => {
      told.push(`exec ${program.path} of ${program.inode?.xattrs[LABEL]} by ${program.call?.tracer}`);
      return undefined;
    },
    repeatable: () => undefined,
    execsInDoubt: () => [],
    executionAgain: () => () => undefined,
    processCall: (call, tid, code) => void told.push(`${call} ${tid === caller.tid} ${code}`),
    ...more,
  };
  const late = { add: (read: object) => void waiting.push(read) } as unknown as LateAnswers;
  const calls = new WaitingCalls({ isWaiting: () => true, isInterrupted: () => false }, new WaitingCount());
  const answerer = { backend: backend as SupervisorBackend, late, waiting: calls };
  const ask = <K extends Kind>(question: QuestionIn<Dialogue, K>): AnswerTo<K> | ErrnoAnswer => {
    const given = answerQuestion<K>(answerer, question);
    if (given instanceof Promise) throw new Error('it takes its time');
    return given;
  };
  const proc = new FileSystemFacade(stack.attrTree, { caller });
  return { proc, tid: caller.tid, told, waiting, ask, answerer };
}

const text = (answer: Answer<XattrValue>): string | number =>
  answer.value === undefined ? answer.errno : textOf(answer.value.value);

test('a thread that is gone is ESRCH', () => {
  const { ask } = daemon();
  const tid = NO_ONE;
  const gone = { errno: ESRCH };
  expect(ask({ kind: 'get-xattr', tid, ...file(1), name: LABEL })).toEqual(gone);
  expect(ask({ kind: 'list-xattrs', tid })).toEqual(gone);
  expect(ask({ kind: 'new-label', tid, ...file(1), class: 'file', name: 'n' })).toEqual(gone);
  expect(ask({ kind: 'may-mount', tid, type: 'ext4', labels: {} })).toEqual(gone);
  expect(ask({ kind: 'ptrace', tid, request: 0, target: tidOf(1) })).toEqual(gone);
});

test('what is known of a thread already is handed on', () => {
  const known: unknown[] = [];
  const { ask, tid } = daemon({ identify: (...args) => void known.push(args) as undefined });
  ask({ kind: 'get-xattr', tid, status: 'Name:\tx', inOurUserNamespace: true, ...file(1), name: LABEL });
  ask({ kind: 'list-xattrs', tid });
  expect(known).toMatchObject([
    [tid, { status: 'Name:\tx', inOurUserNamespace: true }],
    [tid, expect.not.objectContaining({ status: expect.anything() })],
  ]);
});

test('a bug is EIO and a line in the log', () => {
  const { ask, tid, told } = daemon({
    identify: () => {
      throw new Error('a bug');
    },
  });
  expect(ask({ kind: 'list-xattrs', tid })).toEqual({ errno: EIO });
  expect(told.join('\n')).toMatch(/supervisor: list-xattrs: Error: a bug/);
});

test('and so is one that comes late', async () => {
  const { answerer, tid, told } = daemon({ detachedMount: () => Promise.reject(new Error('too late')) });
  expect(await answerQuestion(answerer, { kind: 'mount', tid, type: 'toyfs' })).toEqual({ errno: EIO });
  expect(told.join('\n')).toMatch(/supervisor: mount: Error: too late/);
});

test('processes are known as they are now before anything is decided', () => {
  const { ask, tid, told, waiting } = daemon();
  ask({ kind: 'list-xattrs', tid });
  ask({ kind: 'process-call', tid, call: 'exit_group', code: 3 });
  expect(told).toEqual(['drain', 'drain', 'exit_group true 3']);
  told.length = 0;
  ask({ kind: 'log', text: 'seen' });
  ask({ kind: 'syslog-wait', tid, id: 5n, request: { action: 2, buffer: true, length: 1 }, low: 0, high: 0 });
  expect(told).toEqual(['supervisor: seen']);
  expect(waiting).toHaveLength(1);
});

test('an attribute is the module’s where it has one, else what is stored', () => {
  const { ask, tid } = daemon();
  const labelled = file(1, { xattrs: { [LABEL]: 'App' } });
  expect(text(ask({ kind: 'get-xattr', tid, ...labelled, name: LABEL }))).toBe('App');
  expect(ask({ kind: 'get-xattr', tid, ...labelled, name: 'security.other' }).errno).toBe(EOPNOTSUPP);
  expect(ask({ kind: 'list-xattrs', tid, file: labelled }).value).toContain(LABEL);
});

test('setting an attribute says under which name it is stored', () => {
  const { ask, tid } = daemon();
  const set = (value: string) => ask({ kind: 'set-xattr', tid, ...file(1), name: LABEL, value: bytesOf(value) });
  expect(set('App')).toEqual({ errno: 0, value: { name: LABEL, silent: true } });
  expect(set('')).toEqual({ errno: EINVAL });
});

test('a label is there since modules label new files, or by file_contexts', () => {
  const { ask, tid } = daemon({ labelledSince: () => 5000 });
  const isThere = (born?: number, name = LABEL) =>
    ask({ kind: 'set-xattr', tid, ...file(1), name, value: bytesOf('TRUE'), ...(born !== undefined && { born }) }).value
      ?.isThere;
  expect([isThere(5001), isThere(4000), isThere()]).toEqual([true, undefined, undefined]);
  expect(isThere(5001, 'security.other')).toBeUndefined();
  const installed = daemon({ labelledSince: () => 5000, defaultContext: () => 'x' });
  const question = {
    kind: 'set-xattr',
    tid: installed.tid,
    ...file(1),
    name: LABEL,
    value: bytesOf('App'),
    born: 1,
  } as const;
  expect(installed.ask(question).value?.isThere).toBe(true);
});

test('what the host cannot store is kept, as a filesystem would', () => {
  const { ask, tid } = daemon();
  const facts = file(7);
  const keep = (flags: number, name = 'security.x') =>
    ask({ kind: 'keep-xattr', ...facts, name, value: 'v', flags }).errno;
  const [CREATE, REPLACE] = [1, 2];
  expect(keep(REPLACE)).toBe(ENODATA);
  expect(keep(CREATE)).toBe(0);
  expect(keep(CREATE)).toBe(EEXIST);
  expect(keep(REPLACE)).toBe(0);
  expect(ask({ kind: 'list-xattrs', tid, file: facts }).value).toContain('security.x');
  const get = () => text(ask({ kind: 'get-xattr', tid, ...facts, name: 'security.x', kept: true }));
  expect(get()).toBe('v');
  const remove = () => ask({ kind: 'remove-xattr', tid, ...facts, name: 'security.x', kept: true }).errno;
  expect([remove(), remove()]).toEqual([0, ENODATA]);
  keep(CREATE);
  ask({ kind: 'forget-xattrs', inode: facts.inode, device: facts.device });
  expect(get()).toBe(ENODATA);
});

test('a new file is labelled as its maker is', () => {
  const { ask, proc, tid } = daemon();
  proc.writeFileSync(`/${tid}/attr/current`, 'Maker');
  const made = ask({ kind: 'new-label', tid, ...file(2, { class: 'dir' }), class: 'file', name: 'n' });
  const stored = made.value?.xattrs.map(({ name, value }) => [name, textOf(value)]);
  expect(stored).toEqual([[LABEL, 'Maker']]);
});

test('label options of a mount are parsed, judged, and count for its files', () => {
  const { ask, tid } = daemon();
  const option = (name: string, value: string) => ask({ kind: 'mount-option', tid, before: {}, name, value }).errno;
  expect([option(LABEL_OPTION, 'Def'), option(LABEL_OPTION, '-none')]).toEqual([0, EINVAL]);
  const labels = { [LABEL_OPTION]: 'Def' };
  expect(ask({ kind: 'may-mount', tid, type: 'ext4', labels }).errno).toBe(0);
  ask({ kind: 'mount-labels', device: '8:2', labels, attached: true });
  expect(text(ask({ kind: 'get-xattr', tid, ...file(3), device: '8:2', name: LABEL }))).toBe('Def');
});

test('a program is known with what is kept of it, and by whom it is traced', () => {
  const { ask, tid, told } = daemon();
  ask({ kind: 'keep-xattr', ...file(4), name: LABEL, value: 'Prog' });
  const rest = { nosuid: false, interpreters: [], noNewPrivs: false };
  const program = { path: '/bin/p', filename: 'p', deleted: false, disconnected: false, ...rest };
  const unlisted = file(4, { filesystem: UNKNOWN_FILESYSTEM });
  expect(ask({ kind: 'exec', tid, id: 5n, ...program, file: file(4), tracer: tidOf(12) })).toEqual({ errno: 0 });
  expect(ask({ kind: 'exec', tid, id: 5n, ...program, file: unlisted, tracer: tidOf(0) })).toEqual({ errno: 0 });
  const executions = told.filter((line) => line.startsWith('exec'));
  expect(executions).toEqual(['exec /bin/p of Prog by 12', 'exec /bin/p of undefined by undefined']);
});

test('system calls are answered with what is to be written back', () => {
  const { ask } = daemon();
  const list = (size: number): StoredAnswer =>
    ask({ kind: 'list-modules', input: { idsPresent: true, size, flags: 0 } });
  const { errno, result, size = 0, data } = list(64);
  expect([errno, result]).toEqual([0, size / 8]);
  expect(data).toHaveLength(size);
  expect(list(0)).toEqual({ errno: E2BIG, size });
});

test.each([E.EACCES, E.EPERM])('a refusal of a module is its errno: %s', (refusal) => {
  const { ask, tid } = daemon({ ptrace: () => refusal });
  expect(ask({ kind: 'ptrace', tid, request: 0, target: tidOf(1) })).toEqual({ errno: refusal.number });
});
