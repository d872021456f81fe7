import { closeSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { netlinkLikePair } from './seqpacket.ts';

/** More than the names that one call tries. */
const PAIRS = 100;

it.each([1, 65_537, (1 << 22) - 1])('sockets of process %i have names of their own', (pid) => {
  vi.spyOn(process, 'pid', 'get').mockReturnValue(pid);
  const held: number[] = [];
  try {
    for (let serial = 1; serial <= PAIRS; serial++) {
      const pair = netlinkLikePair(serial, true);
      if (typeof pair === 'number') expect.fail(`pair ${serial}: errno ${-pair}`);
      held.push(pair.ours, pair.theirs);
    }
  } finally {
    for (const descriptor of held) closeSync(descriptor);
    vi.restoreAllMocks();
  }
});
