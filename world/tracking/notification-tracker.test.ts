import { describe, expect, it } from 'vitest';
import { type Tgid, taskId, tgidOf, tidOf } from '../../linux/ids.ts';
import type { ProcessEvent } from '../../lsm/framework/events.ts';
import { NotificationTracker } from './notification-tracker.ts';

interface Fake {
  parent: number;
  image: string;
  threads: number[];
  start: string;
}

const known = (number: number | undefined): Tgid | undefined => (number === undefined ? undefined : tgidOf(number));

function setUp() {
  const processes = new Map<number, Fake>();
  const events: ProcessEvent[] = [];
  const exited: [pid: number, status: number | undefined][] = [];
  const add = (pid: number, parent: number, image = processes.get(parent)?.image ?? 'a'): void => {
    processes.set(pid, { parent, image, threads: [pid], start: String(processes.size) });
  };
  const tracker = new NotificationTracker(
    { event: (event) => events.push(event), exited: (...exit) => exited.push(exit) },
    {
      threadsOf: (pid) => processes.get(pid)?.threads.map(tidOf) ?? [],
      childrenOf: (pid) => [...processes].filter(([, { parent }]) => parent === pid).map(([child]) => tgidOf(child)),
      parentOf: (pid) => known(processes.get(pid)?.parent),
      processOf: (tid) => known([...processes].find(([, { threads }]) => threads.includes(tid))?.[0]),
      processIds: () => [...processes.keys()].map(tgidOf),
      programOf: () => undefined,
      startTimeOf: (pid) => processes.get(pid)?.start,
      fingerprintOf: (pid) => processes.get(pid)?.image,
      isFiltered: (pid) => processes.get(pid)?.image !== 'stranger',
    },
  );
  add(1, 0, 'init');
  add(10, 1);
  tracker.enter(tgidOf(10));
  events.length = 0;
  const exec = (pid: number, image: string): void => {
    const process = processes.get(pid);
    if (process !== undefined) process.image = image;
  };
  return { tracker, processes, events, exited, add, exec };
}

describe('tracking by notifications', () => {
  it('adopts an unknown caller through its living ancestors', () => {
    const { tracker, events, add } = setUp();
    add(11, 10);
    add(12, 11);
    tracker.refresh(tidOf(12));
    expect(events).toEqual([
      { kind: 'fork', parent: tidOf(10), child: taskId(11) },
      { kind: 'fork', parent: tidOf(11), child: taskId(12) },
    ]);
  });

  it('finds threads and children before what they come from changes', () => {
    const { tracker, events, processes, add } = setUp();
    processes.get(10)?.threads.push(13);
    add(11, 10);
    tracker.processCall('relabel', tidOf(10));
    expect(events).toEqual([
      { kind: 'fork', parent: tidOf(10), child: taskId(13, 10) },
      { kind: 'fork', parent: tidOf(10), child: taskId(11) },
    ]);
  });

  it('notices an exec by the fingerprint, and each of a chain by its announcement', () => {
    const { tracker, events, exec } = setUp();
    tracker.processCall('execve', tidOf(10));
    exec(10, 'b');
    tracker.processCall('execve', tidOf(10));
    exec(10, 'c');
    tracker.refresh(tidOf(10));
    tracker.refresh(tidOf(10));
    expect(events).toEqual([
      { kind: 'exec', tid: tgidOf(10) },
      { kind: 'exec', tid: tgidOf(10) },
    ]);
  });

  it('sees that a child it did not know has executed something since the fork', () => {
    const { tracker, events, add } = setUp();
    add(11, 10, 'other');
    tracker.refresh(tidOf(11));
    expect(events).toEqual([
      { kind: 'fork', parent: tidOf(10), child: taskId(11) },
      { kind: 'exec', tid: tgidOf(11) },
    ]);
  });

  it('keeps the children of a process that leaves', () => {
    const { tracker, events, processes, add } = setUp();
    add(11, 10);
    tracker.refresh(tidOf(11));
    add(12, 11);
    tracker.processCall('exit_group', tidOf(11));
    processes.delete(11);
    const orphan = processes.get(12);
    if (orphan !== undefined) orphan.parent = 1;
    tracker.refresh(tidOf(12));
    expect(events.at(-1)).toEqual({ kind: 'fork', parent: tidOf(11), child: taskId(12) });
  });

  it('knows the status of who exited, not of who was killed', () => {
    const { tracker, exited, processes, add } = setUp();
    for (const pid of [11, 12]) {
      add(pid, 10);
      tracker.refresh(tidOf(pid));
    }
    tracker.processCall('exit_group', tidOf(11), 0x104);
    for (const pid of [11, 12]) processes.delete(pid);
    tracker.sweep();
    expect(exited).toEqual([
      [11, 0x400],
      [12, undefined],
    ]);
  });

  it('finds the parent of an orphan by the program image they share', () => {
    const { tracker, events, processes, add } = setUp();
    add(11, 10, 'other');
    tracker.refresh(tidOf(11));
    processes.delete(11);
    add(12, 1, 'other');
    tracker.refresh(tidOf(12));
    expect(events.at(-1)).toEqual({ kind: 'fork', parent: tidOf(11), child: taskId(12) });
  });

  it('counts an orphan of an unknown image as a child of the first process', () => {
    const { tracker, events, add } = setUp();
    add(12, 1, 'nobody has it');
    tracker.refresh(tidOf(12));
    expect(events).toContainEqual({ kind: 'fork', parent: tidOf(10), child: taskId(12) });
  });

  it('sees that a parent has executed something before its child made a call', () => {
    const { tracker, events, add, exec } = setUp();
    tracker.processCall('execve', tidOf(10));
    exec(10, 'b');
    add(11, 10);
    tracker.refresh(tidOf(11));
    expect(events).toEqual([
      { kind: 'exec', tid: tgidOf(10) },
      { kind: 'fork', parent: tidOf(10), child: taskId(11) },
    ]);
  });

  it('adopts what is between an orphan and the member it comes from', () => {
    const { tracker, events, add, exec } = setUp();
    exec(10, 'b');
    tracker.refresh(tidOf(10));
    events.length = 0;
    add(11, 1, 'b');
    add(12, 11);
    tracker.refresh(tidOf(12));
    expect(events).toEqual([
      { kind: 'fork', parent: tidOf(10), child: taskId(11) },
      { kind: 'fork', parent: tidOf(11), child: taskId(12) },
    ]);
  });

  it('does not take an orphan for a child of a younger member', () => {
    const { tracker, events, add, exec } = setUp();
    exec(10, 'b');
    add(12, 1, 'b');
    add(13, 10);
    tracker.refresh(tidOf(13));
    tracker.refresh(tidOf(12));
    expect(events.at(-1)).toEqual({ kind: 'fork', parent: tidOf(10), child: taskId(12) });
  });

  it('finds the orphans of those that have ended before it forgets them', () => {
    const { tracker, events, processes, add } = setUp();
    add(11, 10, 'other');
    tracker.refresh(tidOf(11));
    add(12, 1, 'other');
    add(13, 1, 'nobody has it');
    processes.delete(11);
    events.length = 0;
    tracker.sweep();
    expect(events).toEqual([
      { kind: 'fork', parent: tidOf(11), child: taskId(12) },
      { kind: 'exit', tid: tidOf(11) },
    ]);
  });

  it('gives an orphan of an unseen program to the member that executed and ended unseen', () => {
    const { tracker, events, processes, add } = setUp();
    for (const pid of [11, 12]) add(pid, 10);
    tracker.processCall('execve', tidOf(11));
    tracker.refresh(tidOf(12));
    for (const pid of [11, 12]) processes.delete(pid);
    add(13, 1, 'unseen');
    events.length = 0;
    tracker.refresh(tidOf(13));
    expect(events).toEqual([
      { kind: 'exec', tid: tgidOf(11) },
      { kind: 'fork', parent: tidOf(11), child: taskId(13) },
    ]);
  });

  it('leaves strangers and the daemon itself alone', () => {
    const { tracker, events, add } = setUp();
    add(12, 1, 'stranger');
    add(process.pid, 1);
    tracker.refresh(tidOf(12));
    tracker.refresh(tidOf(process.pid));
    expect(events).toEqual([]);
    expect([...tracker.processes()]).toEqual([10]);
  });

  it('tells a reused process id from its former owner', () => {
    const { tracker, events, processes, add } = setUp();
    add(11, 10);
    tracker.refresh(tidOf(11));
    processes.delete(11);
    add(11, 10);
    const reused = processes.get(11);
    if (reused !== undefined) reused.start = 'later';
    events.length = 0;
    tracker.refresh(tidOf(11));
    expect(events.map(({ kind }) => kind)).toEqual(['exit', 'fork']);
  });

  it('finds out who has ended', () => {
    const { tracker, events, processes, add } = setUp();
    add(11, 10);
    tracker.refresh(tidOf(11));
    processes.delete(11);
    events.length = 0;
    tracker.sweep();
    expect(events).toEqual([{ kind: 'exit', tid: tidOf(11) }]);
    expect([...tracker.processes()]).toEqual([10]);
  });
});
