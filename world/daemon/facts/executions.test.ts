import { expect, it } from 'vitest';
import type { RunningProgram } from '../../../host/process/running-program.ts';
import { tgidOf, tidOf } from '../../../linux/ids.ts';
import { inodeFacts } from '../../../lsm/framework/testing/files.ts';
import { ProgramAnnouncements } from '../../supervisor/protocol/program-announcements.ts';
import { AnnouncedPrograms } from './executions.ts';

const UNTOLD = { of: () => undefined };

it('an exec event is about the file of the last call, once', () => {
  const executions = new AnnouncedPrograms(new ProgramAnnouncements(), UNTOLD);
  executions.expect(tgidOf(7), { path: '/failed' });
  const program = { path: '/bin/x', inode: inodeFacts({ uid: 5 }) };
  executions.expect(tgidOf(7), program);
  executions.expect(tgidOf(8), { path: '/other' });
  const event = { kind: 'exec', tid: tgidOf(7), formerTid: tidOf(9), file: { path: '/usr/bin/interpreter' } } as const;
  expect(executions.complete(event)).toEqual({ ...event, file: program });
  expect(executions.complete(event)).toEqual(event);
  executions.ended(tgidOf(8));
  expect(executions.complete({ kind: 'exec', tid: tgidOf(8) })).toEqual({ kind: 'exec', tid: tgidOf(8) });
});

it('a call that was held is announced again, with what it inherits, when another thread has made one meanwhile', () => {
  const executions = new AnnouncedPrograms(new ProgramAnnouncements(), UNTOLD);
  const facts = { filename: '/held', deleted: false, disconnected: false, nosuid: false, noNewPrivs: false, fsuid: 0 };
  const held = { path: '/held', call: { ...facts, interpreters: [] } };
  executions.expect(tgidOf(7), held);
  const again = executions.again(tgidOf(7));
  executions.inherits(tgidOf(7), []);
  executions.expect(tgidOf(7), { path: '/other' });
  again();
  const event = { kind: 'exec', tid: tgidOf(7) } as const;
  expect(executions.complete(event)).toEqual({ ...event, file: { ...held, call: { ...held.call, inherited: [] } } });
  executions.again(tgidOf(9))();
  expect(executions.expects(tgidOf(9))).toBe(false);
});

it('an exec event is about what a thread has announced', () => {
  const announcements = new ProgramAnnouncements();
  const executions = new AnnouncedPrograms(announcements, UNTOLD);
  const tgid = tgidOf(7);
  const event = { kind: 'exec', tid: tgid } as const;
  const known = { path: '/known' };
  const number = executions.remember(known);
  announcements.announce(tgid, number);
  expect(executions.expects(tgid)).toBe(true);
  expect(executions.complete(event)).toEqual({ ...event, file: known });
  expect(executions.complete(event)).toEqual(event);

  announcements.announce(tgid, number);
  executions.expect(tgid, { path: '/asked' });
  expect(executions.complete(event)).toEqual({ ...event, file: { path: '/asked' } });

  announcements.announce(tgid, number);
  executions.complete({ kind: 'exit', tid: tgid }); // another thread executes it
  expect(executions.expects(tgid)).toBe(true);
  executions.ended(tgid);
  expect(executions.expects(tgid)).toBe(false);

  announcements.announce(tgid, number + 1);
  expect(executions.expects(tgid)).toBe(false);
});

it('nothing is announced of a process until it is heard what became of the program that was asked about', () => {
  const announcements = new ProgramAnnouncements();
  const executions = new AnnouncedPrograms(announcements, UNTOLD);
  const [tgid, ofSameSlot] = [tgidOf(7), tgidOf(7 + 1024)];
  const number = executions.remember({ path: '/known' });
  executions.expect(ofSameSlot, { path: '/other' });
  executions.expect(tgid, { path: '/failed' });
  executions.expect(tgid, { path: '/first' });
  executions.ended(ofSameSlot);
  expect(announcements.announce(tgid, number)).toBe(false);
  const event = { kind: 'exec', tid: tgid } as const;
  expect(executions.complete(event)).toEqual({ ...event, file: { path: '/first' } });
  expect(announcements.announce(tgid, number)).toBe(true);
});

it('nothing can be announced while what is expected of a process is replaced', () => {
  let announced = 0;
  class Raced extends ProgramAnnouncements {
    readonly #theirs = new ProgramAnnouncements(this.shared);
    override clear(pid: number): void {
      super.clear(pid);
      if (this.#theirs.announce(tgidOf(pid), number)) announced++;
    }
    override open(pid: number): void {
      super.open(pid);
      if (this.#theirs.announce(tgidOf(pid), number)) announced++;
    }
  }
  const executions = new AnnouncedPrograms(new Raced(), UNTOLD);
  const tgid = tgidOf(7);
  const number = executions.remember({ path: '/known' });
  executions.expect(tgid, { path: '/held' });
  const again = executions.again(tgid);
  executions.expect(tgid, { path: '/other' }, tidOf(8));
  again();
  expect(announced).toBe(0);
});

it('an exec event is about the one of several threads that has the inode of what runs, else about the last', () => {
  const announcements = new ProgramAnnouncements();
  let runs: RunningProgram | undefined;
  const executions = new AnnouncedPrograms(announcements, { of: () => runs });
  const tgid = tgidOf(7);
  const facts = { deleted: false, disconnected: false, nosuid: false, noNewPrivs: false, fsuid: 0 };
  const file = (path: string, ino: number) => ({ path, device: '8:1', mode: 0o100755, inode: inodeFacts({ ino }) });
  const call = { ...facts, filename: '/script', interpreters: [file('/bin/sh', 4)] };
  const files = { door: file('/door', 1), script: { ...file('/script', 2), call }, plain: file('/plain', 3) };
  const last = file('/last', 5);
  const ran = (ino?: number, device = '8:1') => {
    runs = ino === undefined ? undefined : { device, ino };
    announcements.announce(tgid, executions.remember(files.plain));
    executions.expect(tgid, file('/failed', 6), tidOf(9));
    executions.expect(tgid, files.door, tidOf(9));
    executions.changes(tgid, tidOf(9));
    executions.expect(tgid, files.script, tidOf(8));
    executions.expect(tgid, last);
    expect([executions.expects(tgid), executions.areChanging]).toEqual([true, true]);
    const completed = executions.complete({ kind: 'exec', tid: tgid, file: { path: '/door' } });
    expect([executions.expects(tgid), executions.areChanging]).toEqual([false, false]);
    return completed.kind === 'exec' && completed.file;
  };
  expect(ran(1)).toBe(files.door);
  expect(ran(4)).toBe(files.script);
  expect(ran(3)).toBe(files.plain);
  for (const ino of [5, 2, 6, 7, undefined]) expect(ran(ino)).toBe(last);
  expect(ran(1, '8:2')).toBe(last);
});

it('a change of a label is to be expected from the answer until the program runs, and again when the call was held', () => {
  const announcements = new ProgramAnnouncements();
  const executions = new AnnouncedPrograms(announcements, UNTOLD);
  const { generation } = announcements;
  executions.expect(tgidOf(7), { path: '/held' });
  executions.changes(tgidOf(7));
  expect([executions.areChanging, announcements.generation]).toEqual([true, generation + 1]);
  const again = executions.again(tgidOf(7));
  executions.expect(tgidOf(7), { path: '/other' });
  announcements.announce(tgidOf(7), executions.remember({ path: '/known' }));
  expect(executions.areChanging).toBe(false);
  again();
  expect([executions.areChanging, announcements.generation]).toEqual([true, generation + 2]);
  const event = { kind: 'exec', tid: tgidOf(7) } as const;
  expect(executions.complete(event)).toEqual({ ...event, file: { path: '/held' } });
  expect(executions.areChanging).toBe(false);
});

it('a change is not to be expected any more once it is known that the call has failed, that one alone', () => {
  let now = 0;
  const executions = new AnnouncedPrograms(new ProgramAnnouncements(), UNTOLD, () => now);
  const [tgid, thread] = [tgidOf(7), tidOf(8)];
  const told = (milliseconds: number) => {
    now += milliseconds;
    return executions.inDoubt();
  };
  executions.expect(tgid, { path: '/first' });
  executions.changes(tgid);
  expect([told(19), told(1), told(1)]).toEqual([[], [{ tid: tgid, number: 1 }], []]);
  executions.expect(tgid, { path: '/second' }, thread);
  executions.changes(tgid, thread);
  // What was told of is another call by now.
  executions.expect(tgid, { path: '/third' });
  executions.changes(tgid);
  executions.failed({ tid: tgid, number: 1 });
  expect(told(20)).toEqual([
    { tid: thread, number: 2 },
    { tid: tgid, number: 3 },
  ]);
  executions.failed({ tid: tgid, number: 3 });
  expect(executions.areChanging).toBe(true);
  executions.complete({ kind: 'exit', tid: thread });
  expect(executions.areChanging).toBe(false);
  expect(executions.complete({ kind: 'exec', tid: tgid })).toMatchObject({ file: { path: '/third' } });
});

it('who holds many calls up is looked for by few at a time, and less and less often', () => {
  let now = 0;
  const executions = new AnnouncedPrograms(new ProgramAnnouncements(), UNTOLD, () => now);
  for (let tid = 1; tid <= 1000; tid++) executions.changes(tgidOf(tid));
  now = 20;
  const seen = new Set<number>();
  for (let look = 0; look < 250; look++) {
    const told = executions.inDoubt();
    expect(told).toHaveLength(4);
    for (const { tid } of told) seen.add(tid);
  }
  expect([seen.size, executions.inDoubt()]).toEqual([1000, []]);
  for (const tid of seen) executions.ended(tgidOf(tid));
  expect(executions.areChanging).toBe(false);
  executions.changes(tgidOf(7));
  let looks = 0;
  for (const end = now + 60_000; now < end; now += 10) looks += executions.inDoubt().length;
  expect(looks).toBeLessThan(70);
});

it('programs that may be announced are forgotten after their generation, those of the one before later', () => {
  const announcements = new ProgramAnnouncements();
  const executions = new AnnouncedPrograms(announcements, UNTOLD);
  const { generation } = announcements;
  const remember = (count: number) => Array.from({ length: count }, () => executions.remember({ path: '/program' }));
  const isExpected = (number = 0): boolean => {
    announcements.announce(tgidOf(7), number);
    const expected = executions.expects(tgidOf(7));
    announcements.clear(7);
    return expected;
  };
  const [first] = remember(1024);
  expect([isExpected(first), announcements.generation]).toEqual([true, generation]);
  const [second] = remember(1024);
  expect([isExpected(first), isExpected(second), announcements.generation]).toEqual([true, true, generation + 1]);
  remember(1);
  expect([isExpected(first), isExpected(second), announcements.generation]).toEqual([false, true, generation + 2]);
});
