import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { taskId, tgidOf, tidOf } from '../../linux/ids.ts';
import type { TaskId } from './events.ts';
import { snapshot, type Task, type TaskBlob, TaskTable } from './task.ts';

const id = (tid: number, tgid = tid): TaskId => taskId(tid, tgid);

let table: TaskTable;
let label: TaskBlob<string>;
let freed: number[];

beforeEach(() => {
  freed = [];
  table = new TaskTable({ freed: (task) => freed.push(task.tid) });
  label = table.registerBlob({ initial: () => 'outside', fork: (parent: string) => parent });
});

/** An outsider with a label of its own. */
function enter(tid: number, text: string, tgid = tid): Task {
  const task = table.enter(id(tid, tgid));
  label.set(task, text);
  return task;
}

describe('a task that gets a state of its own', () => {
  const different = (): number[] => {
    const told: number[] = [];
    table.beforeDiffering = (task) => told.push(task.tid);
    return told;
  };

  it('is told before, where its process has several threads', () => {
    const thread = table.fork(enter(7, 'mine'), id(8, 7));
    const labels: string[] = [];
    table.beforeDiffering = (task) => labels.push(label.of(task));
    label.set(thread, 'own');
    expect(labels).toEqual(['mine']);
  });

  it('is not told of the only thread, of a copy, or of what all threads have', () => {
    const shared = table.registerBlob({ initial: () => 0, fork: (parent: number) => parent }, true);
    const told = different();
    const leader = enter(7, 'mine');
    const thread = table.fork(leader, id(8, 7));
    shared.set(thread, 1);
    label.set(snapshot(thread), 'own');
    expect(told).toEqual([]);
  });
});

describe('entering', () => {
  it('starts outside, and is the same task the second time', () => {
    const task = table.enter(id(7));
    expect(label.of(task)).toBe('outside');
    expect(table.enter(id(7))).toBe(task);
  });

  it('a thread of a known process has the state of its process', () => {
    const leader = enter(7, 'mine');
    const thread = table.enter(id(8, 7));
    expect(thread.process).toBe(leader.process);
    expect(label.of(thread)).toBe('mine');
  });

  it('finds the process of a thread whose leader has exited', () => {
    enter(7, 'mine');
    const thread = table.fork(enter(7, 'mine'), id(8, 7));
    table.exit(tidOf(7));
    expect(table.process(tgidOf(7))).toBe(thread.process);
    expect(table.enter(id(9, 7)).process).toBe(thread.process);
  });

  it('an id seen in another process was reused', () => {
    const old = table.fork(enter(7, 'mine'), id(8, 7));
    const task = table.enter(id(8));
    expect(task).not.toBe(old);
    expect(label.of(task)).toBe('outside');
    expect(freed).toEqual([8]);
    expect([...(table.process(tgidOf(7))?.threads.keys() ?? [])]).toEqual([7]);
  });
});

describe('fork', () => {
  it('copies state and gives a new address space', () => {
    const parent = enter(7, 'mine');
    const child = table.fork(parent, id(8));
    label.set(parent, 'later');
    expect(label.of(child)).toBe('mine');
    expect(child.process.mm).not.toBe(parent.process.mm);
  });

  it('shares the address space until exec after vfork, and for ever in threads', () => {
    const parent = enter(7, 'mine');
    const child = table.fork(parent, id(8), true);
    const thread = table.fork(parent, id(9, 7));
    expect(child.process.mm).toBe(parent.process.mm);
    expect(thread.process).toBe(parent.process);
    table.exec(child);
    expect(child.process.mm).not.toBe(parent.process.mm);
  });

  it('a reused process id has nothing of the process before', () => {
    const parent = enter(1, 'init');
    enter(7, 'old');
    table.fork(enter(7, 'old'), id(8, 7));
    const child = table.fork(parent, id(7));
    expect([...child.process.threads.values()]).toEqual([child]);
    expect(table.find(tidOf(8))).toBeUndefined();
    expect(freed.toSorted()).toEqual([7, 8]);
  });

  it('a thread id equal to its parent changes nothing', () => {
    const parent = enter(7, 'mine');
    expect(table.fork(parent, id(7))).toBe(parent);
  });
});

describe('exec', () => {
  it('ends the other threads and keeps state', () => {
    const leader = enter(7, 'mine');
    table.fork(leader, id(8, 7));
    table.exec(leader);
    expect([...leader.process.threads.keys()]).toEqual([7]);
    expect(label.of(leader)).toBe('mine');
    expect(freed).toEqual([8]);
  });

  it('a thread that is not the leader takes its id and keeps its own state', () => {
    const thread = table.fork(enter(7, 'leader'), id(8, 7));
    label.set(thread, 'thread');
    table.exec(thread);
    expect(table.find(tidOf(7))).toBe(thread);
    expect(table.find(tidOf(8))).toBeUndefined();
    expect(thread.tid).toBe(7);
    expect(label.of(thread)).toBe('thread');
    expect(table.size).toBe(1);
  });
});

describe('exit', () => {
  it('leaves a zombie of the leader, readable until its id is used again', () => {
    const leader = enter(7, 'mine');
    table.exit(tidOf(7));
    expect(table.find(tidOf(7))).toBeUndefined();
    expect(table.findOrZombie(tidOf(7))).toBe(leader);
    expect(freed).toEqual([]);
    const next = table.enter(id(7));
    expect(label.of(next)).toBe('outside');
    expect(freed).toEqual([7]);
  });

  it('frees other threads at once, and forgets unknown ids', () => {
    table.fork(enter(7, 'mine'), id(8, 7));
    table.exit(tidOf(8));
    table.exit(tidOf(8));
    table.exit(tidOf(99));
    expect(table.findOrZombie(tidOf(8))).toBeUndefined();
    expect(freed).toEqual([8]);
  });

  it('keeps a bounded number of zombies', () => {
    for (let tid = 1; tid <= 3000; tid++) {
      table.enter(id(tid));
      table.exit(tidOf(tid));
    }
    expect(table.size).toBe(0);
    expect(table.findOrZombie(tidOf(1))).toBeUndefined();
    expect(table.findOrZombie(tidOf(3000))).toBeDefined();
    expect(3000 - freed.length).toBeLessThanOrEqual(1024);
  });
});

describe('for any history', () => {
  const tid = fc.integer({ min: 1, max: 6 }).map(tidOf);
  const tgid = tid.map(tgidOf);
  const step = fc.oneof(
    fc.record({ kind: fc.constant('enter' as const), tid, tgid }),
    fc.record({ kind: fc.constant('fork' as const), parent: tid, tid, tgid, sharesMm: fc.boolean() }),
    fc.record({ kind: fc.constant('exec' as const), tid }),
    fc.record({ kind: fc.constant('exit' as const), tid }),
  );

  it('threads, processes and tasks agree, and every task has its blobs', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const history = new TaskTable();
        const blob = history.registerBlob({ initial: () => 'x', fork: (parent: string) => parent });
        for (const one of steps) {
          if (one.kind === 'enter') history.enter(one);
          else if (one.kind === 'exit') history.exit(one.tid);
          else {
            const task = history.find(one.kind === 'fork' ? one.parent : one.tid);
            if (task === undefined) continue;
            if (one.kind === 'exec') history.exec(task);
            else history.fork(task, one, one.sharesMm);
          }
          for (const task of history.all()) {
            expect(history.find(task.tid)).toBe(task);
            expect(history.process(task.process.tgid)).toBe(task.process);
            expect(task.process.threads.get(task.tid)).toBe(task);
            expect(blob.of(task)).toBe('x');
          }
          const inProcesses = new Set([...history.all()].flatMap((task) => [...task.process.threads.values()]));
          expect(inProcesses.size).toBe(history.size);
        }
      }),
    );
  });
});
