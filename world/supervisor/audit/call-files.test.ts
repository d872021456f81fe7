import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import type { ArgumentReader } from './argument-reader.ts';
import { namedBy } from './call-files.ts';
import type { NamedFiles } from './named-files.ts';

/** What is read of a file that execve(2) names. */
function executed(mode: number, permits: number): { readonly read: string[]; readonly others: readonly string[] } {
  const read: string[] = [];
  let others: readonly string[] = [];
  const reader = {
    call: { tid: tidOf(7), low: () => 0, high: () => 0, fd: () => -100, int: () => 0 },
    memory: { readString: () => '/program' },
    view: {
      resolveForCaller: () => 9,
      mayAsk: () => true,
      stat: () => ({ mode }),
      permits: () => permits,
      readFile: (_directory: number, path: string) => {
        read.push(path);
        return read.length === 1 ? '#!/bin/sh\n' : '';
      },
      close: () => undefined,
    },
  } as unknown as ArgumentReader;
  const files = {
    lookedUp: () => undefined,
    executed: (_program: unknown, texts: readonly string[]) => {
      others = texts;
    },
  } as unknown as NamedFiles;
  namedBy('execve', reader, files);
  return { read, others };
}

it('a program names its interpreter', () => {
  expect(executed(0o100755, 0).others).toEqual(['/bin/sh']);
});

it.each([
  ['a pipe, of which the other end would be opened', 0o010777, 0],
  ['a device, which notices that it is opened', 0o020777, 0],
  ['a file that the caller may not execute, as a log of the kernel', 0o100400, -13],
])('%s is not opened for its caller', (_title, mode, permits) => {
  expect(executed(mode, permits).read).toEqual([]);
});
