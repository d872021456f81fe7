import { describe, expect, it, vi } from 'vitest';
import type { ConnectorEvent } from '../../host/process/proc-connector.ts';
import { type Tgid, type Tid, taskId, tgidOf, tidOf } from '../../linux/ids.ts';
import type { ProcessEvent } from '../../lsm/framework/events.ts';
import { ConnectorTracker, type EventSource, type ProcessView } from './connector-tracker.ts';

/** Its programs are known before it executes them. */
const ANNOUNCED = 13;

function setUp(view: Partial<ProcessView> = {}) {
  const queue: ConnectorEvent[] = [];
  const events: ProcessEvent[] = [];
  const exits: [number, number | undefined][] = [];
  const dumps: string[] = [];
  const tracker = new ConnectorTracker(
    {
      next: () => queue.shift(),
      isFilling: () => false,
      hearChanges: () => undefined,
      alarm: () => ({ watch: () => undefined, set: () => undefined }),
      close: () => undefined,
    },
    {
      event: (event) => events.push(event),
      exited: (pid, status) => exits.push([pid, status]),
      dumps: (tid) => dumps.push(`${tid} dumps`),
      ends: (tid, status) => dumps.push(`${tid} ends by ${status}, ${events.length} events before`),
      knowsProgram: (pid) => pid === ANNOUNCED,
    },
    {
      threadsOf: (pid) => [pid],
      allProcesses: () => [],
      programOf: (pid) => `/bin/p${pid}`,
      parentOf: () => undefined,
      processOf: () => undefined,
      isOurs: () => false,
      filtersOf: () => 0,
      fingerprintOf: () => undefined,
      forkRecords: () => undefined,
      ...view,
    },
  );
  const feed = (...more: ConnectorEvent[]): ProcessEvent[] => {
    queue.push(...more);
    events.length = 0;
    tracker.drain();
    return events;
  };
  tracker.enter(tgidOf(10));
  return { tracker, feed, exits, events, dumps, queue };
}

const fork = (parent: number, tid: number, tgid = tid): ConnectorEvent => ({
  kind: 'fork',
  parentTid: tidOf(parent),
  parentTgid: tgidOf(parent),
  tid: tidOf(tid),
  tgid: tgidOf(tgid),
  time: 0,
});
const exit = (tid: number, tgid = tid, status = 0): ConnectorEvent => ({
  kind: 'exit',
  tid: tidOf(tid),
  tgid: tgidOf(tgid),
  status,
});
const exec = (tgid: number): ConnectorEvent => ({ kind: 'exec', tid: tidOf(tgid), tgid: tgidOf(tgid) });

describe('a process that a member makes as a child of its own parent', () => {
  const [OUTSIDE, FIRST, CHILD, NEW] = [1, 10, 11, 12];
  const parents = new Map([
    [FIRST, OUTSIDE],
    [CHILD, FIRST],
    [NEW, OUTSIDE],
  ]);
  const setUpFamily = (images: Record<number, string>, filters: Record<number, number> = {}) =>
    setUp({
      parentOf: (pid) => tgidOf(parents.get(pid) ?? 0),
      processOf: (tid) => tgidOf(tid),
      fingerprintOf: (pid) => images[pid],
      filtersOf: (pid) => filters[pid] ?? 0,
    });
  const made = (parent: number): ProcessEvent => ({ kind: 'fork', parent: tidOf(parent), child: taskId(NEW) });

  it.each([
    ['is its own', { [FIRST]: 'sh', [CHILD]: 'x', [NEW]: 'x' }, CHILD],
    ['is its own, whatever it has written over its image', { [FIRST]: 'sh', [CHILD]: 'x', [NEW]: 'y' }, CHILD],
    ['is its own, where both have one image', { [FIRST]: 'sh', [CHILD]: 'sh', [NEW]: 'sh' }, CHILD],
    ["is its parent's, which has made one meanwhile", { [FIRST]: 'sh', [CHILD]: 'x', [NEW]: 'sh' }, FIRST],
  ])('%s', (_title, images, maker) => {
    const { feed, tracker } = setUpFamily(images);
    feed(fork(FIRST, CHILD));
    tracker.processCall('clone-parent', tidOf(CHILD));
    expect(feed(fork(FIRST, NEW))).toEqual([made(maker)]);
  });

  it('is expected once, and not of who has ended', () => {
    const { feed, tracker } = setUpFamily({});
    feed(fork(FIRST, CHILD));
    tracker.processCall('clone-parent', tidOf(CHILD));
    expect(feed(exit(CHILD), fork(FIRST, NEW)).at(-1)).toEqual(made(FIRST));
  });

  it.each([
    ['is a member', 1, [made(FIRST)]],
    ['is none if it is under fewer filters', 0, []],
  ])('where that parent is outside: %s', (_title, filters, expected) => {
    const { feed, tracker } = setUpFamily({}, { [FIRST]: 1, [NEW]: filters });
    tracker.processCall('clone-parent', tidOf(FIRST));
    expect(feed(fork(OUTSIDE, NEW))).toEqual(expected);
    expect(tracker.has(tidOf(NEW))).toBe(filters === 1);
  });

  it.each([
    ['is a member when it makes a request', 1, [made(FIRST)]],
    ['is none if it is under fewer filters', 0, []],
  ])('where nobody told of it: %s', (_title, filters, expected) => {
    const { feed, tracker, events } = setUpFamily({}, { [FIRST]: 1, [NEW]: filters });
    expect(feed(fork(OUTSIDE, NEW))).toEqual([]);
    tracker.refresh(tidOf(NEW));
    expect(events).toEqual(expected);
  });

  it('is not looked for where a request is our own', () => {
    const processOf = vi.fn(() => undefined);
    const { tracker } = setUp({ processOf, isOurs: (tid) => tid === NEW });
    tracker.refresh(tidOf(NEW));
    expect(processOf).not.toHaveBeenCalled();
    tracker.refresh(tidOf(OUTSIDE));
    expect(processOf).toHaveBeenCalledOnce();
  });
});

describe('threads of a process that differ', () => {
  const [LEADER, FIRST, SECOND, NEW] = [10, 20, 21, 30];
  const setUpThreads = () => {
    const makers = new Map<number, number>();
    let open = 0;
    const records = {
      makerOf: (tid: Tid) => (makers.has(tid) ? tidOf(makers.get(tid) ?? 0) : undefined),
      close: () => open--,
    };
    const set = setUp({
      forkRecords: () => {
        open++;
        return records;
      },
    });
    const thread = (tid: number) => fork(1, tid, LEADER);
    set.feed(thread(FIRST), thread(SECOND));
    const made = (parent: number, tid = NEW) => ({ kind: 'fork', parent: tidOf(parent), child: taskId(tid, LEADER) });
    return { ...set, makers, thread, made, isOpen: () => open > 0 };
  };

  it('are given to who has made them', () => {
    const { tracker, feed, makers, thread, made } = setUpThreads();
    tracker.differ(tidOf(FIRST), tgidOf(LEADER));
    makers.set(NEW, FIRST);
    expect(feed(thread(NEW))).toEqual([made(FIRST)]);
  });

  it('wait for their record, which comes after the event', () => {
    const { tracker, feed, events, makers, thread, made } = setUpThreads();
    tracker.differ(tidOf(FIRST), tgidOf(LEADER));
    expect(feed(thread(NEW))).toEqual([]);
    makers.set(NEW, SECOND);
    tracker.drain();
    expect(events).toEqual([made(SECOND)]);
  });

  it('were made by another than the first one that changes, if they were made before the kernel recorded that', () => {
    const { tracker, feed, queue, thread, made } = setUpThreads();
    queue.push(thread(NEW));
    tracker.differ(tidOf(LEADER), tgidOf(LEADER));
    expect(feed()).toEqual([made(FIRST)]);
  });

  it.each([
    ['forks', fork(NEW, 40)],
    ['ends', exit(NEW, LEADER)],
    ['executes a program', exec(LEADER)],
  ])('are known before one %s, though its record is lost', (_title, event) => {
    const { tracker, feed, thread, made } = setUpThreads();
    tracker.differ(tidOf(FIRST), tgidOf(LEADER));
    expect(feed(thread(NEW), event)[0]).toEqual(made(LEADER));
  });

  it('are known before one makes a request, though its record is lost', () => {
    const { tracker, feed, events, thread, made } = setUpThreads();
    tracker.differ(tidOf(FIRST), tgidOf(LEADER));
    feed(thread(NEW));
    tracker.refresh(tidOf(NEW));
    expect(events).toEqual([made(LEADER)]);
  });

  it.each([
    ['ends', [exit(SECOND, LEADER), exit(FIRST, LEADER), exit(LEADER)]],
    ['executes a program', [exec(LEADER)]],
  ])('are recorded until their process %s', (_title, ending) => {
    const { tracker, feed, isOpen } = setUpThreads();
    tracker.differ(tidOf(FIRST), tgidOf(LEADER));
    expect(isOpen()).toBe(true);
    feed(...ending);
    expect(isOpen()).toBe(false);
  });
});

describe('tracking by the proc connector', () => {
  it('follows the descendants of those who entered and nobody else', () => {
    const { feed, tracker } = setUp();
    expect(feed(fork(10, 11), fork(99, 100), fork(11, 12), exec(100))).toEqual([
      { kind: 'fork', parent: tidOf(10), child: taskId(11) },
      { kind: 'fork', parent: tidOf(11), child: taskId(12) },
    ]);
    expect([...tracker.tasks()]).toEqual([10, 11, 12]);
  });

  it('knows the child of a parent that is gone already', () => {
    const { feed } = setUp();
    expect(feed(fork(10, 11), fork(11, 12), exit(11), exec(12)).at(-1)).toEqual({
      kind: 'exec',
      tid: 12,
      file: { path: '/bin/p12' },
    });
  });

  it('does not look which program it was when that was announced', () => {
    const looked: number[] = [];
    const { feed } = setUp({ programOf: (pid) => `/bin/${looked.push(pid)}` });
    expect(feed(fork(10, ANNOUNCED), exec(ANNOUNCED)).at(-1)).toEqual({ kind: 'exec', tid: ANNOUNCED });
    expect(looked).toEqual([]);
  });

  it('tells who dumps core, and by what it ends before it has ended', () => {
    const { feed, dumps } = setUp();
    const dump = (tid: number): ConnectorEvent => ({ kind: 'dump', tid: tidOf(tid), tgid: tgidOf(tid) });
    feed(fork(10, 11), dump(11), dump(99), exit(11, 11, 139), exit(99, 99, 139));
    expect(dumps).toEqual(['11 dumps', '11 ends by 139, 1 events before']);
  });

  it('gives a new thread to its process, whoever the event names as parent', () => {
    const { feed } = setUp();
    expect(feed(fork(1, 20, 10))).toEqual([{ kind: 'fork', parent: tidOf(10), child: taskId(20, 10) }]);
  });

  it('names the former id of a thread that becomes the leader by exec', () => {
    const { feed, tracker } = setUp();
    const events = feed(fork(1, 20, 10), fork(1, 21, 10), exit(21, 10), exit(10), exec(10));
    expect(events.at(-1)).toEqual({ kind: 'exec', tid: tgidOf(10), formerTid: tidOf(20), file: { path: '/bin/p10' } });
    expect([...tracker.tasks()]).toEqual([10]);
  });

  it('reports the end of a process once, with its status, after its last thread', () => {
    const { feed, exits } = setUp();
    feed(fork(1, 20, 10), exit(10, 10, 0x300));
    expect(exits).toEqual([]);
    feed(exit(20, 10, 0x300));
    expect(exits).toEqual([[10, 0x300]]);
  });

  it('takes a reused id for a new task', () => {
    const { feed, tracker } = setUp();
    feed(fork(10, 11), exit(11));
    expect(tracker.has(tidOf(11))).toBe(false);
    expect(feed(fork(99, 11))).toEqual([]);
    expect(feed(fork(10, 11))).toHaveLength(1);
  });

  it('reads the tree again when events were lost', () => {
    const { feed, exits, tracker } = setUp({
      allProcesses: () => [
        { pid: tgidOf(31), parent: tgidOf(30) },
        { pid: tgidOf(30), parent: tgidOf(10) },
        { pid: tgidOf(10), parent: tgidOf(1) },
        { pid: tgidOf(50), parent: tgidOf(1) },
      ],
    });
    const events = feed(fork(10, 11), { kind: 'overflow' });
    expect(exits).toEqual([[11, undefined]]);
    expect(events.slice(1)).toEqual([
      { kind: 'exit', tid: tidOf(11) },
      { kind: 'fork', parent: tidOf(10), child: taskId(30) },
      { kind: 'fork', parent: tidOf(30), child: taskId(31) },
    ]);
    expect(tracker.has(tidOf(50))).toBe(false);
  });
});

describe('the alarm of a tracker', () => {
  /** A tracker whose source says what is watched, and rings as the test says. */
  function setUpAlarm() {
    const queue: ConnectorEvent[] = [];
    const log: string[] = [];
    const rung: boolean[] = [];
    /** Events that come after the nth time that processes were named to be watched. */
    const late: ConnectorEvent[][] = [];
    let ring: (ours: boolean) => void = () => undefined;
    const source: EventSource = {
      next: () => queue.shift(),
      isFilling: () => false,
      hearChanges: () => undefined,
      alarm: (given) => {
        ring = given;
        return {
          watch: (processes) => {
            log.push(processes.join());
            queue.push(...(late.shift() ?? []));
          },
          set: () => log.push('set'),
        };
      },
      close: () => undefined,
    };
    const view = {
      threadsOf: (pid: Tgid) => [pid],
      allProcesses: () => [],
      programOf: () => '/bin/p',
      parentOf: () => undefined,
      processOf: () => undefined,
      isOurs: () => false,
      filtersOf: () => 0,
      fingerprintOf: () => undefined,
      forkRecords: () => undefined,
    };
    const tracker = new ConnectorTracker(source, { event: () => undefined }, view);
    tracker.enter(tgidOf(10));
    const alarm = tracker.alarm((ours) => rung.push(ours));
    return { tracker, alarm, queue, late, log, rung, ring: (ours: boolean) => ring(ours) };
  }

  it('watches the processes that there are when it is set', () => {
    const { alarm, queue, log } = setUpAlarm();
    queue.push(fork(10, 11), fork(99, 100), fork(10, 12), exit(11));
    alarm.set();
    expect(log).toEqual(['set', '10,12']);
  });

  it('looks again for those that were made before their makers were watched', () => {
    const { alarm, late, log, tracker, rung } = setUpAlarm();
    late.push([fork(10, 11)], [fork(11, 12), exit(10)], [fork(99, 100)]);
    alarm.set();
    expect(log).toEqual(['set', '10', '10,11', '11,12']);
    expect([...tracker.tasks()]).toEqual([11, 12]);
    expect(rung).toEqual([]);
  });

  it('rings where there are always more of them', () => {
    const { alarm, late, rung } = setUpAlarm();
    late.push(...Array.from({ length: 100 }, (_, index) => [fork(10, 11 + index)]));
    alarm.set();
    expect(rung).toEqual([true]);
  });

  it('rings for a process that enters, which is not watched yet', () => {
    const { tracker, rung } = setUpAlarm();
    tracker.enter(tgidOf(50));
    expect(rung).toEqual([true]);
  });

  it('says whose the events are', () => {
    const { alarm, ring, rung } = setUpAlarm();
    alarm.set();
    ring(false);
    ring(true);
    expect(rung).toEqual([false, true]);
  });
});
