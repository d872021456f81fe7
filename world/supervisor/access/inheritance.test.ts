import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Tid, tgidOf, tidOf } from '../../../linux/ids.ts';
import { SIGKILL, SIGSEGV } from '../../../linux/signal.ts';
import type { WorkerContext } from '../context.ts';
import { NewPrograms } from '../pending/new-programs.ts';
import { inheritDescriptors, takeRefused } from './inheritance.ts';

const SELF = tgidOf(process.pid);
/** A descriptor that a new program is not to have. */
const REFUSED = openSync('/dev/null', 'r');

it('only what is still the same file is replaced in a new program', () => {
  const replaced: number[] = [];
  const open = new Map([
    ['/proc/7/fdinfo/3', 'flags:\t0100002\nmnt_id:\t30\nino:\t7\n'],
    ['/proc/7/fdinfo/4', 'flags:\t0100002\nmnt_id:\t30\nino:\t9\n'],
  ]);
  const descriptors = [3, 4, 5].map((descriptor) => ({ descriptor, identity: '30 7 2' }));
  const context = {
    ask: () => ({ errno: 0, refused: { descriptors, program: false } }),
    call: { tid: 7, replace: (descriptor: number) => replaced.push(descriptor) },
    mediator: { logOnly: false, unseen: () => undefined },
    newPrograms: { runs: () => undefined, settles: () => undefined, takeClosing: () => [] },
    view: { readFile: (_at: number, path: string) => open.get(path), close: (fd: number) => closeSync(fd) },
  } as unknown as WorkerContext;
  takeRefused(context, tgidOf(7));
  expect(replaced).toEqual([3]);
});

it('is counted where there is no null device', () => {
  let unseen = 0;
  const refused = { descriptors: [{ descriptor: 3, identity: '30 7 2' }], program: false };
  const context = {
    ask: () => ({ errno: 0, refused }),
    mediator: { logOnly: false, unseen: () => unseen++ },
    newPrograms: { runs: () => undefined, settles: () => undefined, takeClosing: () => [] },
  } as unknown as WorkerContext;
  takeRefused(context, tgidOf(7), () => -1);
  expect(unseen).toBe(1);
});

it('a call of the leader, while another thread is about to execute a program, is not taken for its first', () => {
  const programs = new NewPrograms(() => undefined);
  const leader = tgidOf(7);
  const other = tidOf(8);
  let answer: object = { errno: 0, pending: true };
  const asked: unknown[] = [];
  const context = {
    ask: (question: unknown) => {
      asked.push(question);
      return answer;
    },
    newPrograms: programs,
    mediator: { logOnly: false },
  } as unknown as WorkerContext;
  const called = (tid: Tid): void => {
    if (programs.isFirstCall(tid)) takeRefused(context, tid);
  };
  programs.expectRefusals(leader, other);
  called(leader);
  called(leader);
  expect(asked).toHaveLength(2);
  answer = { errno: 0 };
  called(leader); // the program runs
  called(leader);
  expect(asked).toHaveLength(3);

  programs.expectRefusals(leader, other);
  called(other); // it could not be executed
  called(leader);
  expect(asked).toHaveLength(3);

  programs.expectRefusals(leader, other);
  programs.expectRefusals(leader, leader);
  called(other);
  called(leader);
  expect(asked).toHaveLength(4);
});

it('an answer about a program can be used again once the program runs and nothing was taken from it', () => {
  const programs = new NewPrograms(() => undefined);
  const leader = tgidOf(7);
  let answer: object | undefined = { errno: 0, pending: true };
  const context = {
    ask: () => answer,
    newPrograms: programs,
    mediator: { logOnly: true },
  } as unknown as WorkerContext;
  let settled = 0;
  const expectProgram = (): void => programs.expectRefusals(leader, tidOf(8), () => settled++);
  const called = (): void => {
    if (programs.isFirstCall(leader)) takeRefused(context, leader);
  };
  expectProgram();
  called();
  expect(settled).toBe(0);
  answer = { errno: 0, refused: { descriptors: [], program: false } };
  called();
  called();
  expect(settled).toBe(1);
  expectProgram();
  answer = { errno: 0, refused: { descriptors: [], program: true } };
  called();
  expectProgram();
  answer = { errno: 0 }; // nothing is known of the process
  called();
  expectProgram();
  answer = undefined;
  called();
  expect(settled).toBe(1);
});

const ORDINARY =
  'TracerPid:\t0\nNSpid:\t7\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n';
const WITH_SIGSEGV = '0000000000000400';

it.each([
  ['nothing keeps SIGSEGV from', ORDINARY, SIGSEGV],
  ['that blocks it', ORDINARY.replace(/(?<=SigBlk:\t).*/, WITH_SIGSEGV), SIGKILL],
  ['that ignores it', ORDINARY.replace(/(?<=SigIgn:\t).*/, WITH_SIGSEGV), SIGKILL],
  ['that handles it', ORDINARY.replace(/(?<=SigCgt:\t).*/, WITH_SIGSEGV), SIGKILL],
  ['that is traced', ORDINARY.replace(/(?<=TracerPid:\t).*/, '5'), SIGKILL],
  ['that is the first of a pid namespace', ORDINARY.replace(/(?<=NSpid:\t).*/, '7\t1'), SIGKILL],
  ['of which nothing can be read', undefined, SIGKILL],
])('a program that may not be mapped is ended: one %s', async (_which, status, signal) => {
  const child = spawn('sleep', ['60']);
  const ended = once(child, 'exit');
  takeRefused(unmapped(status, true), tgidOf(child.pid ?? 0));
  expect(await ended).toEqual([null, signal === SIGSEGV ? 'SIGSEGV' : 'SIGKILL']);
});

it('the number of a caller that is gone is of nobody who is to be ended', async () => {
  const other = spawn('sleep', ['60']);
  const ended = once(other, 'exit');
  takeRefused(unmapped(ORDINARY, false), tgidOf(other.pid ?? 0));
  other.kill('SIGTERM');
  expect(await ended).toEqual([null, 'SIGTERM']);
});

function unmapped(status: string | undefined, waiting: boolean): WorkerContext {
  return {
    ask: () => ({ errno: 0, refused: { descriptors: [], program: true } }),
    call: { tid: 7, waiting, fail: () => undefined },
    mediator: { logOnly: false },
    newPrograms: { runs: () => undefined, settles: () => undefined, takeClosing: () => [] },
    view: { readStatus: () => status, close: (fd: number) => closeSync(fd) },
  } as unknown as WorkerContext;
}

/** A process with these threads executes a program of another label, which is not to have one of ours. */
function executing(threads: number, identity = '30 7 2', lock = '') {
  const replaced: [descriptor: number, closing: boolean][] = [];
  const before = readdirSync('/proc/self/fd').length;
  let pending = false;
  const fdinfo = `flags:\t0100002\nmnt_id:\t30\nino:\t7\n${lock}`;
  const context = {
    ask: ({ kind }: { readonly kind: string }) =>
      kind === 'inherit'
        ? { errno: 0, closed: [{ descriptor: REFUSED, identity }] }
        : { errno: 0, ...(pending && { pending: true }) },
    call: {
      tid: SELF,
      replace: (descriptor: number, _fd: number, closing: boolean) => {
        replaced.push([descriptor, closing]);
        return 0;
      },
    },
    mediator: {
      decides: true,
      families: new Set(['files']),
      logOnly: false,
      look: () => ({ inode: { filesystem: {} } }),
      subjects: { of: () => undefined },
    },
    newPrograms: new NewPrograms(() => undefined),
    view: {
      descriptors: () => [REFUSED],
      readlinkAt: () => '/file',
      openDescriptor: () => openSync('/dev/null', 'r'),
      readFile: () => fdinfo,
      readStatus: () => `Threads:\t${threads}\n`,
      status: () => ({ tgid: SELF }),
      close: closeSync,
    },
  } as unknown as WorkerContext;
  inheritDescriptors(context, SELF, true, () => undefined);
  expect(readdirSync('/proc/self/fd')).toHaveLength(before);
  return {
    replaced,
    calls: (fails: boolean) => {
      pending = fails;
      if (context.newPrograms.isFirstCall(SELF)) takeRefused(context, SELF);
    },
  };
}

it('what is to be closed is made close-on-exec, until the program is seen not to run', () => {
  const ran = executing(1);
  expect(ran.replaced).toEqual([[REFUSED, true]]);
  ran.calls(false);
  expect(ran.replaced).toHaveLength(1);

  const failed = executing(1);
  failed.calls(true);
  failed.calls(true);
  expect(failed.replaced).toEqual([
    [REFUSED, true],
    [REFUSED, false],
  ]);
});

it('it is left alone where another thread could exchange it, or it is another file already', () => {
  expect(executing(2).replaced).toEqual([]);
  expect(executing(1, '30 8 2').replaced).toEqual([]);
});

it('it is left alone where a lock of fcntl(2) would be lost; others would not be', () => {
  const lock = (kind: string): string => `lock:\t1: ${kind}  ADVISORY  WRITE 7 00:1e:7 0 EOF\n`;
  const replaced = (kind: string) => executing(1, '30 7 2', lock(kind)).replaced;
  expect(['POSIX', 'FLOCK', 'OFDLCK'].map((kind) => replaced(kind).length)).toEqual([0, 1, 1]);
});
