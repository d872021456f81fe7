import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { NR } from '../../../host/libc.ts';
import { O_PATH } from '../../../linux/fcntl.ts';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import { CallerView } from '../caller/caller-view.ts';
import { Hazards } from '../caller/hazards.ts';
import type { WorkerContext } from '../context.ts';
import type { Question } from '../protocol/questions/index.ts';
import { FileUseReporter } from '../uses/report.ts';
import { calls } from './execve.ts';

const TID = tidOf(7);
const INODE = {
  class: 'file',
  filesystem: { type: 'ext4', id: 'sda' },
  path: '/bin/p',
  ino: 5,
  uid: 0,
  gid: 0,
  xattrs: {},
};

/** A call of /bin/p, and how often each fact was read for it. */
function executing() {
  const counts: Record<string, number> = {};
  const asked: Question[] = [];
  const counting =
    <A extends unknown[], R>(name: string, answer: (...args: A) => R) =>
    (...args: A): R => {
      counts[name] = (counts[name] ?? 0) + 1;
      return answer(...args);
    };
  const context = {
    call: { tid: TID, id: 5n, low: () => 8, high: () => 0, fail: counting('fail', () => undefined) },
    announces: true,
    checksExec: true,
    labelsFiles: true,
    wantsExecDetails: false,
    memory: { readString: counting('path', () => '/bin/p') },
    tasks: { executes: () => undefined },
    newPrograms: { add: () => undefined, expectRefusals: () => undefined },
    newLabels: { complete: counting('labels', () => undefined) },
    view: {
      status: counting('status', () => ({ tgid: 7, noNewPrivs: true, tracer: 9 })),
      known: () => ({ status: 'Name:\tx', inOurUserNamespace: true }),
      resolveForCaller: counting('resolve', () => 100),
      readFile: counting('interpreter', () => '\x7fELF'),
      close: counting('close', () => undefined),
    },
    files: {
      look: counting('look', () => ({
        ...{ path: '/bin/p', device: '8:1', mode: 0o100755, nosuid: true, links: 1, inode: INODE },
      })),
    },
    ask: counting('ask', (question: Question) => {
      asked.push(question);
      return { errno: 0 };
    }),
  };
  return { context: context as unknown as WorkerContext, counts, asked };
}

it('reads each fact of a program once, and labels of new files were written down before', () => {
  const { context, counts, asked } = executing();
  calls.find(({ name }) => name === 'execve')?.handle?.(context);
  expect(counts).toEqual({ path: 1, status: 1, resolve: 1, look: 1, interpreter: 1, ask: 1, close: 1 });
  expect(asked).toEqual([
    {
      kind: 'exec',
      tid: TID,
      id: 5n,
      status: 'Name:\tx',
      inOurUserNamespace: true,
      file: { path: '/bin/p', device: '8:1', mode: 0o100755, inode: INODE },
      path: '/bin/p',
      filename: '/bin/p',
      deleted: false,
      disconnected: false,
      nosuid: true,
      interpreters: [],
      noNewPrivs: true,
      tracer: 9,
    },
  ]);
});

/** The same, of a program that is there, in a world where uses of files are reported. */
function reporting(refusal: number) {
  const { context, counts, asked } = executing();
  const directory = mkdtempSync(join(tmpdir(), 'lsmfs-execve-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const program = join(directory, 'p');
  writeFileSync(program, 'of no known format', { mode: 0o755 });
  const view = new CallerView(new Hazards());
  const close = vi.spyOn(view, 'close');
  const opened: number[] = [];
  const open = () => {
    close.mockClear(); // others had this number before
    opened.push(openSync(program, O_PATH));
    return opened.at(-1) ?? -1;
  };
  const resolve = vi.spyOn(view, 'resolveForCaller').mockImplementation(open);
  const call = { ...context.call, tid: tidOf(process.pid), number: NR.execve };
  const ask = (question: Question) => {
    context.ask(question);
    return { errno: question.kind === 'exec' ? refusal : 0 };
  };
  const devices = { magic: () => 0 };
  const shared = { ...context, call, view, ask, devices } as unknown as WorkerContext;
  const fileUses = new FileUseReporter(shared);
  onTestFinished(() => fileUses.close());
  return { context: { ...shared, fileUses }, fileUses, counts, asked, opened, resolve, close };
}

it('passes what it has read of a program on to the report of its use', () => {
  const { context, fileUses, counts, asked, opened, resolve, close } = reporting(0);
  calls.find(({ name }) => name === 'execve')?.handle?.(context);
  expect(close).not.toHaveBeenCalledWith(opened[0]);
  fileUses.report();
  expect(counts).toEqual({ path: 1, look: 1, ask: 2 });
  expect(resolve).toHaveBeenCalledTimes(1);
  const [exec, report] = asked;
  expect(exec?.kind).toBe('exec');
  expect(report?.kind === 'file-use' ? report.uses.map(({ hook }) => hook) : report).toEqual(['open', 'exec', 'creds']);
  expect(close.mock.calls.filter(([fd]) => fd === opened[0])).toHaveLength(1);
});

it('closes a program that is refused, which is not reported', () => {
  const { context, counts, opened, close } = reporting(13);
  calls.find(({ name }) => name === 'execve')?.handle?.(context);
  expect(counts).toEqual({ path: 1, look: 1, ask: 1, fail: 1 });
  expect(close.mock.calls.filter(([fd]) => fd === opened[0])).toHaveLength(1);
});

it('leaves the call of a program that is decided about later', () => {
  const { context, asked, opened, close } = reporting(0);
  const request = new Uint8Array([5]);
  const leave = vi.fn();
  const ask = (question: Question) => {
    asked.push(question);
    return { errno: 0, later: true };
  };
  const waiting = { ...context, ask, leftCalls: { request }, call: { ...context.call, leave } };
  calls.find(({ name }) => name === 'execve')?.handle?.(waiting as unknown as WorkerContext);
  expect(asked).toMatchObject([{ kind: 'exec', request }]);
  expect(leave).toHaveBeenCalledOnce();
  expect(close.mock.calls.filter(([fd]) => fd === opened[0])).toHaveLength(1);
});

it('asks about a program that is known to be allowed only if it cannot be announced', () => {
  const { context, asked } = executing();
  const settling: (() => void)[] = [];
  const newPrograms = {
    ...context.newPrograms,
    expectRefusals: (_tgid: Tid, _tid: Tid, settled: () => void) => void settling.push(settled),
  };
  const execution = { key: 'k', epoch: 1, generation: 1, tgid: 7 };
  const remember = vi.fn();
  let announced = false;
  const execAnswers = { execution: () => execution, announces: () => announced, remember };
  const ask = (question: Question) => {
    asked.push(question);
    return { errno: 0, repeatable: 40 };
  };
  const run = (more = {}): number => {
    const files = { ...context.files, keepsLabels: true }; // not by their names (named-program.test.ts)
    const alone = { ...context, announces: false, ask, execAnswers, files, newPrograms };
    const world = { ...alone, ...more } as unknown as WorkerContext;
    calls.find(({ name }) => name === 'execve')?.handle?.(world);
    return asked.splice(0).length;
  };
  expect(run()).toBe(1);
  expect(remember).toHaveBeenCalledExactlyOnceWith(execution, 40);
  announced = true;
  expect(run()).toBe(0);
  expect(run({ announces: true })).toBe(1);
  const mediator = { families: new Set(['memory']), decides: true };
  expect(run({ mediator })).toBe(0);
  announced = false;
  expect(run({ mediator })).toBe(1);
  // Its mapping is decided about when it runs.
  expect(remember).toHaveBeenCalledOnce();
  settling.pop()?.();
  expect(remember).toHaveBeenCalledTimes(2);
  expect(run({ mediator: { ...mediator, families: new Set() } })).toBe(1);
  expect(remember).toHaveBeenCalledTimes(3);
  expect(settling).toEqual([]);
});
