import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { WorkerContext } from '../context.ts';
import { calls } from './mediated-ipc.ts';

const QUEUE = { namespace: 1, type: 'msg', id: 3, key: 9, uid: 5, gid: 5, creatorUid: 5, creatorGid: 5, mode: 0o600 };

/** msgrcv(2). @param type of the messages that are wanted. @returns how often the modules are asked about one, if they refuse all. */
function received({ size, type }: { size: number; type: number }): number {
  let asked = 0;
  const count = (checks: readonly AccessCheck[]): void => {
    for (const { hook, refusal, otherwise = [] } of checks) {
      if (hook !== 'msgQueueMsgrcv') continue;
      expect(refusal).toBe('ENOMSG');
      asked++;
      count(otherwise);
    }
  };
  const decide = (_tid: number, checks: readonly AccessCheck[]): number => {
    count(checks);
    return 0;
  };
  const context = {
    call: { tid: tidOf(7), int: () => QUEUE.id, high: () => 0, isNull: () => type === 0 },
    view: {
      status: () => ({ fsgid: 5, groups: [] }),
      readStatus: (tid: number) => `Tgid:\t${tid}\nUid:\t5 5 5 5\nGid:\t5 5 5 5\n`,
    },
    mediator: {
      decide,
      ipc: { visit: (_tid: number, act: (space: unknown) => void) => act({ object: () => ({ ...QUEUE, size }) }) },
    },
  };
  calls.find(({ name }) => name === 'msgrcv')?.handle?.(context as unknown as WorkerContext);
  return asked;
}

it('asks about each message of a queue until one may be received', () => {
  expect(received({ size: 0, type: 0 })).toBe(0);
  expect(received({ size: 1, type: 0 })).toBe(1);
  expect(received({ size: 3, type: 0 })).toBe(3);
});

it('asks about one where a type is wanted, and not about as many as somebody puts there', () => {
  expect(received({ size: 3, type: 2 })).toBe(1);
  expect(received({ size: 16_384, type: 0 })).toBe(64);
});
