import { expect, it } from 'vitest';
import { tgidOf, tidOf } from '../../../linux/ids.ts';
import { inodeFacts } from '../../../lsm/framework/testing/files.ts';
import { Epoch } from '../protocol/epoch.ts';
import { ProgramAnnouncements } from '../protocol/program-announcements.ts';
import { ExecAnswers } from './exec-answers.ts';

type Asked = Parameters<ExecAnswers['execution']>[0];

const FILE = { path: '/bin/p', device: '8:1', mode: 0o100755, inode: inodeFacts({ ino: 5 }) };

function question(more: Partial<Asked> = {}, tid = 7): Asked {
  return {
    ...{ kind: 'exec', tid: tidOf(tid), id: BigInt(tid), status: `Pid:\t${tid}`, inOurUserNamespace: true },
    ...{ file: FILE, path: '/bin/p', filename: 'p', deleted: false, disconnected: false, nosuid: false },
    ...{ interpreters: [], noNewPrivs: false, tracer: tidOf(0), ...more },
  };
}

function answers() {
  const epoch = new Epoch();
  const announcements = new ProgramAnnouncements();
  const caller = { fsuid: 0, fsgid: 0, groups: [4], capabilities: 3n };
  const cache = new ExecAnswers({ credentials: () => caller }, announcements, epoch);
  const executing = (more?: Partial<Asked>, tid = 7) =>
    cache.execution(question(more, tid), { tgid: tgidOf(tid) } as Parameters<ExecAnswers['execution']>[1]);
  const isKnown = (more?: Partial<Asked>, tid = 8): boolean => {
    const execution = executing(more, tid);
    const known = execution !== undefined && cache.announces(execution);
    announcements.clear(tid);
    return known;
  };
  const remember = (): void => {
    const execution = executing();
    if (execution !== undefined) cache.remember(execution, 40);
  };
  return { epoch, announcements, caller, cache, executing, isKnown, remember };
}

it('a program that another process was allowed is announced by its number', () => {
  const { announcements, cache, executing, isKnown, remember } = answers();
  expect(isKnown()).toBe(false);
  remember();
  const execution = executing({}, 9);
  expect(execution && cache.announces(execution)).toBe(true);
  expect(announcements.of(9)).toBe(40);
});

it('it is another one with another file, name, label or interpreter, or for a caller with other credentials', () => {
  const { caller, isKnown, remember } = answers();
  remember();
  expect(isKnown({ file: { ...FILE, inode: { ...FILE.inode, xattrs: { 'security.a': 'x' } } } })).toBe(false);
  expect(isKnown({ file: { ...FILE, inode: { ...FILE.inode, ino: 6 } } })).toBe(false);
  expect(isKnown({ path: '/bin/q' })).toBe(false);
  expect(isKnown({ filename: '/bin/p' })).toBe(false);
  expect(isKnown({ interpreters: [FILE] })).toBe(false);
  expect(isKnown({ nosuid: true })).toBe(false);
  caller.capabilities = 1n;
  expect(isKnown()).toBe(false);
  caller.capabilities = 3n;
  expect(isKnown()).toBe(true);
});

it('nothing is known after a change, nor when that came between question and answer', () => {
  const { epoch, announcements, cache, executing, isKnown, remember } = answers();
  for (const change of [() => epoch.move(), () => announcements.moveGeneration()]) {
    remember();
    expect(isKnown()).toBe(true);
    change();
    expect(isKnown()).toBe(false);
    const before = executing();
    change();
    if (before !== undefined) cache.remember(before, 41);
    expect(isKnown()).toBe(false);
  }
});

it('is asked about each time: who is traced, confined or in another namespace, files of processes and of nothing known', () => {
  const { executing } = answers();
  expect(executing()).toBeDefined();
  expect(executing({ tracer: tidOf(3) })).toBeUndefined();
  expect(executing({ noNewPrivs: true })).toBeUndefined();
  expect(executing({ inOurUserNamespace: false })).toBeUndefined();
  expect(executing({ file: { ...FILE, inode: { ...FILE.inode, process: tidOf(7) } } })).toBeUndefined();
  expect(
    executing({ interpreters: [{ ...FILE, inode: inodeFacts({ filesystem: { type: '', id: '' } }) }] }),
  ).toBeUndefined();
});

it('as many programs as there are do not fill the memory', () => {
  const { cache, executing, isKnown } = answers();
  for (let number = 0; number < 1000; number++) {
    const execution = executing({ path: `/tmp/${number}` });
    if (execution !== undefined) cache.remember(execution, number);
  }
  expect(isKnown({ path: '/tmp/0' })).toBe(false);
  expect(isKnown({ path: '/tmp/999' })).toBe(true);
});
