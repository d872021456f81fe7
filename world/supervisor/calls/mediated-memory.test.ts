import { expect, it } from 'vitest';
import { PERSONALITY_QUERY, READ_IMPLIES_EXEC } from '../../../linux/mman.ts';
import { MediationCounts } from '../access/counts.ts';
import type { WorkerContext } from '../context.ts';
import { calls } from './mediated-memory.ts';

it('a program that asks for its personality does not want what it may read to be executable', () => {
  const counts = new MediationCounts();
  const handle = calls.find(({ name }) => name === 'personality')?.handle;
  const call = (argument: number) =>
    handle?.({ call: { low: () => argument }, mediator: { counts } } as unknown as WorkerContext);
  call(PERSONALITY_QUERY);
  expect(counts.mayImplyExec).toBe(false);
  call(READ_IMPLIES_EXEC);
  expect(counts.mayImplyExec).toBe(true);
});
