/** What waits, fails or ends while audit looks at calls. */
import { closeSync, writeSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pipe } from '../../../host/files/descriptors.ts';
import { NR } from '../../../host/libc.ts';
import { WaitingError } from '../../../host/memory/remote-memory.ts';
import { ALWAYS, LIST } from '../../../linux/audit.ts';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import { auditArch } from '../../../linux/syscall-numbers.ts';
import { AuditedNumbers } from '../protocol/audited-numbers.ts';
import { AuditedCalls, type AuditedCallsContext } from './audited-calls.ts';

/** To be read from, and to be written to. */
function newPipe(): readonly [number, number] {
  const ends = pipe();
  if (typeof ends === 'number') throw new Error(`pipe: errno ${-ends}`);
  return ends;
}

const BEFORE = 'Name:\ta\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nCapEff:\t00000000000000c0\n';
const STRANGER = 'Name:\tb\nUid:\t9\t9\t9\t9\nGid:\t9\t9\t9\t9\n';
/** Text of /proc/<tid>/stat. */
const statOf = (state: string, started: number): string => `7 (x) ${[state, ...Array(18).fill(0), started].join(' ')}`;

/** Rules want every setuid(2) and execve(2). */
function auditing() {
  const state = {
    begun: 0,
    asked: [] as { kind: string; tid?: number; exit?: number; lost?: boolean }[],
    followed: [] as number[],
    writers: [] as number[],
    closed: [] as number[],
    results: new Map<number, number>(),
    ended: false,
    status: undefined as string | undefined,
    stat: undefined as string | undefined,
    user: 'user',
    held: false,
    cwdHeld: false,
    waiting: true,
    logged: [] as string[],
    program: undefined as string | undefined,
  };
  const call = {
    tid: tidOf(7),
    number: NR.setuid,
    low: () => 5,
    high: () => 0,
    int: () => 0,
    get waiting() {
      return state.waiting;
    },
  };
  const rule = { list: LIST.EXIT, prepend: false, action: ALWAYS, fields: [], mask: new Uint32Array(64).fill(-1) };
  const look = () => {
    if (state.held) throw new WaitingError();
    return state.status;
  };
  const context = {
    call,
    view: {
      known: () => ({ status: BEFORE, inOurUserNamespace: true }),
      isInOurUserNamespace: () => true,
      readStatus: look,
      readFile: () => state.stat,
      readlinkAt: () => {
        if (state.cwdHeld) throw new WaitingError();
        return '/';
      },
      resolveForCaller: () => -2,
    },
    files: { isDecided: () => false },
    memory: {
      readString: () => {
        if (state.program === undefined) throw new Error('a bug');
        return state.program;
      },
    },
    ask: (question: (typeof state.asked)[number]) => {
      state.asked.push(question);
      if (question.kind === 'audit-begin') state.begun++;
      return { errno: 0, value: question.kind === 'audit-rules' ? [rule] : { id: state.begun, user: state.user } };
    },
    labelNew: (tid: Tid) => void state.asked.push({ kind: 'label-new', tid }),
    log: (text: string) => void state.logged.push(text),
  } as unknown as AuditedCallsContext;
  const numbers = new AuditedNumbers();
  numbers.publish([rule as never], auditArch(process.arch));
  const source = {
    follow: (tid: Tid) => {
      const [fd, writer] = newPipe();
      state.followed.push(fd);
      state.writers.push(writer);
      return {
        fd,
        result: () => state.results.get(tid),
        ended: () => state.ended,
        close: () => {
          state.closed.push(fd);
          closeSync(fd);
        },
      };
    },
    active: true,
    rest: () => undefined,
  };
  const calls = new AuditedCalls(context, numbers, () => source);
  const [listener] = newPipe();
  const goesOn = (tid: number): void => {
    call.tid = tidOf(tid);
    calls.begin();
    calls.goesOn();
  };
  const returns = (tid: number, result: number): void => {
    state.results.set(tid, result);
    writeSync(state.writers.at(-1) ?? -1, 'x');
  };
  const ends = () => state.asked.filter(({ kind }) => kind === 'audit-end');
  return { state, call, calls, listener, goesOn, returns, ends };
}

it('a held process keeps neither its call nor others from being followed, and no descriptor is closed twice', () => {
  const { state, calls, listener, goesOn, returns, ends } = auditing();
  goesOn(7);
  returns(7, 0);
  state.held = true;
  expect(calls.wait(listener, 0n)).toBe(false);
  goesOn(7);
  expect(ends()).toEqual([{ kind: 'audit-end', id: 1, tid: 7, names: [], lost: true }]);
  calls.close();
  expect(state.closed).toEqual(state.followed);
});

it('a call of which not all can be looked at is ended as others are', () => {
  const { state, call, calls, goesOn, ends } = auditing();
  call.number = NR.execve;
  state.program = '/bin/su';
  state.cwdHeld = true;
  goesOn(7);
  expect([state.begun, calls.waits]).toEqual([1, true]);
  calls.close();
  expect(ends()).toEqual([{ kind: 'audit-end', id: 1, tid: 7, names: [] }]);
});

it('a call of a thread says that the one before is over', () => {
  const { state, call, calls, goesOn, ends } = auditing();
  goesOn(7);
  state.results.set(7, -1);
  call.number = -1;
  calls.begin();
  expect(ends()).toMatchObject([{ tid: 7, exit: -1 }]);
});

it('waiting ends without a call when the last one has returned, so that others get what they wait for', () => {
  const { calls, listener, goesOn, returns, ends } = auditing();
  goesOn(7);
  returns(7, 5);
  expect(calls.wait(listener, undefined)).toBe(false);
  expect(ends()).toMatchObject([{ tid: 7, exit: 5 }]);
});

it('who has ended is not followed, as another may have its number', () => {
  const { state, calls, goesOn, ends } = auditing();
  state.waiting = false;
  goesOn(7);
  expect(calls.waits).toBe(false);
  expect(state.closed).toEqual(state.followed);
  expect(ends()).toEqual([{ kind: 'audit-end', id: 1, tid: 7, names: [] }]);
});

it('what a call has made has its label when it is recorded', () => {
  const { state, calls, listener, goesOn, returns } = auditing();
  goesOn(7);
  returns(7, 0);
  calls.wait(listener, 0n);
  expect(state.asked.map(({ kind }) => kind).slice(-2)).toEqual(['label-new', 'audit-end']);
});

it('what goes wrong here is logged and keeps no module from deciding', () => {
  const { state, call, calls } = auditing();
  call.number = NR.execve;
  calls.begin();
  expect(state.logged.join()).toContain('a bug');
});

it('who has ended is recorded with the ids that its call gave it, not with those of another thread with its number', () => {
  const { state, calls, listener, goesOn, returns, ends } = auditing();
  goesOn(7);
  state.status = STRANGER;
  state.ended = true;
  returns(7, 0);
  calls.wait(listener, 0n);
  const ids = { uids: [5, 5, 5, 5], gids: [0, 0, 0, 0] };
  expect(ends()).toEqual([{ kind: 'audit-end', id: 1, tid: 7, exit: 0, names: [], ids }]);
});

it('who lives is recorded with the ids that it has', () => {
  const { state, calls, listener, goesOn, returns, ends } = auditing();
  goesOn(7);
  state.status = STRANGER;
  returns(7, 0);
  calls.wait(listener, 0n);
  expect(ends()).toMatchObject([{ exit: 0, ids: { uids: [9, 9, 9, 9] } }]);
});

it.each([
  ['lives', statOf('S', 100), { exit: 0, executed: true }],
  ['was killed in it', statOf('Z', 100), { exit: undefined }],
  ['has ended, and another thread has its number', statOf('S', 101), { exit: undefined }],
])('a program that nobody may follow was executed if its process %s', (_title, stat, expected) => {
  const { state, call, calls, goesOn, ends } = auditing();
  call.number = NR.execve;
  state.program = '/bin/su';
  state.stat = statOf('S', 100);
  goesOn(7);
  state.stat = stat;
  state.ended = true;
  calls.begin(); // of whoever has the number
  const [ended] = ends();
  expect({ exit: undefined, ...ended }).toMatchObject(expected);
});

it('more waiting calls of a user than are followed count as lost, and keep nobody else from being recorded', () => {
  const { state, calls, goesOn, ends } = auditing();
  for (let tid = 100; tid < 165; tid++) goesOn(tid);
  expect(ends()).toEqual([{ kind: 'audit-end', id: 65, tid: 164, names: [], lost: true }]);
  state.user = 'another';
  goesOn(200);
  expect(ends()).toHaveLength(1);
  calls.close();
  expect(ends()).toHaveLength(66);
});

it('many users who let calls wait keep nobody from being recorded', () => {
  const { state, calls, goesOn, ends } = auditing();
  for (let tid = 1000; tid < 1512; tid++) {
    state.user = `user ${tid % 8}`;
    goesOn(tid);
  }
  expect(ends()).toEqual([]);
  state.user = 'another';
  for (let tid = 2000; tid < 2100; tid++) goesOn(tid);
  const lost = ends().map(({ tid = 0 }) => tid);
  // Others have given up their newest ones, in turn, until all have about the same.
  expect(lost.filter((tid) => tid < 2000)).toHaveLength(56);
  expect(lost.filter((tid) => tid >= 2000)).toHaveLength(44);
  expect(ends().every(({ lost }) => lost === true)).toBe(true);
  state.user = '0';
  goesOn(3000);
  expect(ends().map(({ tid = 0 }) => tid)).not.toContain(3000);
  calls.close();
  expect(state.closed.toSorted()).toEqual(state.followed.toSorted());
});

it.each([NR.exit, NR.exit_group])(
  'who leaves by call %i is recorded before it goes on, and followed by nobody',
  (number) => {
    const { state, call, goesOn, ends } = auditing();
    call.number = number;
    goesOn(7);
    expect(ends()).toEqual([{ kind: 'audit-end', id: 1, tid: 7, names: [], leaves: true }]);
    expect(state.followed).toEqual([]);
  },
);
