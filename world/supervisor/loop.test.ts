import { expect, it } from 'vitest';
import type { WorkerContext } from './context.ts';
import { type Service, serveCalls } from './loop.ts';
import { RELIEVED } from './protocol/call-clock.ts';
import { Epoch } from './protocol/epoch.ts';

it('what other threads remember of callers holds neither after a deputy has begun nor after it has ended', () => {
  const epoch = new Epoch();
  const seen: number[] = [];
  const clock = {
    begin: () => false,
    end: () => undefined,
    get relieved() {
      seen.push(epoch.now);
      return true;
    },
  };
  const context = {
    call: { listener: -1 },
    epoch,
    newLabels: { fresh: false },
    auditedCalls: { waits: false },
    deferredCalls: { pause: undefined, resume: () => undefined },
  } as unknown as WorkerContext;
  const culprits: Service['culprits'] = { areEverybody: false, has: () => false };
  const service: Service = { table: [], wakesAtEnd: true, clock, begun: () => undefined, culprits };
  expect(serveCalls(context, service)).toBe(RELIEVED);
  expect(seen).toEqual([1]);
  expect(epoch.now).toBe(2);
});
