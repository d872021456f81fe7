import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import type { WorkerContext } from '../context.ts';
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
  const asked: unknown[] = [];
  const counting =
    <A extends unknown[], R>(name: string, answer: (...args: A) => R) =>
    (...args: A): R => {
      counts[name] = (counts[name] ?? 0) + 1;
      return answer(...args);
    };
  const context = {
    call: { tid: TID, low: () => 8, high: () => 0, fail: counting('fail', () => undefined) },
    announces: true,
    checksExec: true,
    labelsFiles: true,
    wantsExecDetails: false,
    memory: { readString: counting('path', () => '/bin/p') },
    tasks: { executes: (_tid: number, processOf: () => number) => processOf() },
    newPrograms: { add: () => undefined },
    newLabels: { complete: counting('labels', () => undefined) },
    view: {
      status: counting('status', () => ({ tgid: 7, noNewPrivs: true, tracer: 9 })),
      resolveForCaller: counting('resolve', () => 100),
      readFile: counting('interpreter', () => '\x7fELF'),
      close: counting('close', () => undefined),
    },
    files: {
      look: counting('look', () => ({
        ...{ path: '/bin/p', device: '8:1', mode: 0o100755, nosuid: true, links: 1, inode: INODE },
      })),
    },
    ask: counting('ask', (question: unknown) => {
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
