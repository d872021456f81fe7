import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { HostAudit } from './host-audit.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

it('asks again after a while, and takes silence for rules where there were some', () => {
  const answers = [false, true, undefined, false, undefined];
  const audit = new HostAudit(() => answers.shift());
  const seen: string[] = [];
  while (answers.length > 0) {
    seen.push(audit.looks, audit.looks);
    vi.advanceTimersByTime(200);
  }
  expect(seen.filter((_, i) => i % 2 === 0)).toEqual(['no', 'yes', 'yes', 'no', 'maybe']);
  expect(seen.filter((_, i) => i % 2 === 1)).toEqual(['no', 'yes', 'yes', 'no', 'maybe']);
});
