import { expect, it } from 'vitest';
import { callerFd, tidOf } from '../../../linux/ids.ts';
import type { WorkerContext } from '../context.ts';
import { calls as content } from './mediated-content.ts';
import { calls as ptrace } from './mediated-ptrace.ts';

it.each([
  ['read', content],
  ['pidfd_getfd', ptrace],
])('%s asks nothing of a filesystem that a user serves', (name, calls) => {
  const asked: string[] = [];
  const context = {
    call: { tid: tidOf(7), fd: () => callerFd(3), int: () => 0, answered: false },
    view: {
      readFile: (_at: number, path: string) => (path.includes('/fdinfo/') ? 'flags:\t00\nPid:\t8\n' : undefined),
      readStatus: () => undefined,
      openDescriptor: () => 4,
      filesystemMagic: () => 0,
      magic: () => asked.push('statfs'),
      close: () => undefined,
    },
    mediator: {
      families: new Set(),
      look: () => void asked.push('looked at'),
      decide: () => 0,
      unseen: () => undefined,
    },
  };
  calls.find((call) => call.name === name)?.handle?.(context as unknown as WorkerContext);
  expect(asked).toEqual(['looked at']);
});
