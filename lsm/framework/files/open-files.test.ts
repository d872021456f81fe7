import { describe, expect, it } from 'vitest';
import { tgidOf, tidOf } from '../../../linux/ids.ts';
import { TaskTable } from '../task.ts';
import { NO_NOTES, notedIn, OpenFiles, type OpenNotes } from './open-files.ts';

function world() {
  const tasks = new TaskTable();
  const label = tasks.registerBlob<string>({ initial: () => 'first', fork: (parent) => parent });
  const files = new OpenFiles(tasks.registerBlob<OpenNotes>({ initial: () => NO_NOTES, fork: (parent) => parent }));
  const task = tasks.enter({ tid: tidOf(1), tgid: tgidOf(1) });
  return { tasks, label, files, task };
}

const THREE = { descriptor: 3, identity: '30 7 0' };

describe('openers of files', () => {
  it('are their holders until a label changes', () => {
    const { files, task } = world();
    expect(files.opener(task, THREE)).toBe(task);
    expect(files.opener(task, undefined)).toBe(task);
  });

  it('are as they were when the label changed, also for children', () => {
    const { files, label, task, tasks } = world();
    files.note(task, [THREE]);
    label.set(task, 'second');
    const child = tasks.fork(task, { tid: tidOf(2), tgid: tgidOf(2) });
    for (const holder of [task, child]) expect(label.of(files.opener(holder, THREE))).toBe('first');
    expect(label.of(files.opener(task, { ...THREE, identity: '30 8 0' }))).toBe('second');
    expect(label.of(files.opener(task, { ...THREE, descriptor: 4 }))).toBe('second');
  });

  it('of a copy are those of the descriptor that it is a copy of, also when that is closed later', () => {
    const { files, label, task } = world();
    files.note(task, [THREE]);
    label.set(task, 'second');
    const copy = { ...THREE, descriptor: 20 };
    expect(label.of(files.opener(task, { ...copy, copyOf: 3 }))).toBe('first');
    files.note(task, [{ ...copy, copyOf: 3 }]);
    label.set(task, 'third');
    for (const open of [copy, { ...copy, copyOf: 3 }]) expect(label.of(files.opener(task, open))).toBe('first');
  });

  it('are those of the first note; what was closed meanwhile is forgotten', () => {
    const { files, label, task } = world();
    const four = { descriptor: 4, identity: '30 9 2' };
    files.note(task, [THREE, four]);
    label.set(task, 'second');
    files.note(task, [THREE, { descriptor: 5, identity: '30 9 2' }]);
    label.set(task, 'third');
    expect(label.of(files.opener(task, THREE))).toBe('first');
    expect(label.of(files.opener(task, { descriptor: 5, identity: '30 9 2' }))).toBe('second');
    expect(label.of(files.opener(task, four))).toBe('third');
    expect(files.noted(task)).toEqual(['3 30 7 0', '5 30 9 2']);
  });

  it('what a program may not have is told once, and not of a later process with the same id', () => {
    const { files, task, tasks } = world();
    const refused = { descriptors: [THREE], program: false };
    files.executed(task, refused);
    expect(files.takeRefused(task)).toEqual(refused);
    expect(files.takeRefused(task)).toBeUndefined();
    files.executed(task, refused);
    tasks.exit(task.tid);
    expect(files.takeRefused(tasks.enter({ tid: tidOf(1), tgid: tgidOf(1) }))).toBeUndefined();
    files.executed(task, refused);
    const nothing = { descriptors: [], program: false };
    files.executed(task, nothing);
    // Who has executed nothing since, as whose execve(2) failed, is told apart from whose program may have all.
    expect(files.takeRefused(task)).toEqual(nothing);
    expect(files.takeRefused(task)).toBeUndefined();
  });

  it('keep nothing of openers before', () => {
    const { files, task } = world();
    files.note(task, [THREE]);
    files.note(task, [THREE, { descriptor: 4, identity: '30 9 2' }]);
    const opener = files.opener(task, { descriptor: 4, identity: '30 9 2' });
    expect(files.opener(opener, THREE)).toBe(opener);
  });

  it('of pipes are who had them when a label changed first, which is told before', () => {
    const { files, label, task, tasks } = world();
    const other = tasks.enter({ tid: tidOf(2), tgid: tgidOf(2) });
    const event = { kind: 'descriptors', tid: task.tid, open: [{ ...THREE, nameless: 7 }] } as const;
    label.set(other, 'other');
    expect(label.of(files.makerOf(7, other))).toBe('other');
    expect([files.tellsMaker(notedIn(event)), files.tellsMaker([THREE])]).toEqual([true, false]);
    files.note(task, notedIn(event));
    expect(label.of(files.makerOf(7, other))).toBe('first');
    expect(files.tellsMaker(notedIn(event))).toBe(false);
  });
});
