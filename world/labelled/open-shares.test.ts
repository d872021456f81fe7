import { expect, test } from 'vitest';
import { CAP } from '../../linux/capability.ts';
import { OpenShares } from './open-shares.ts';

const user = (fsuid: number) => ({ fsuid, capabilities: 0n });
const ROOT = { fsuid: 0, capabilities: 1n << BigInt(CAP.SYS_ADMIN) };

/** @returns how many more he may open. */
function all(shares: OpenShares, who: Parameters<OpenShares['take']>[0], fds: number[] = []): number {
  const before = fds.length;
  while (shares.take(who)) {
    const fd = who.fsuid * 100 + fds.length;
    shares.opened(fd, who);
    fds.push(fd);
  }
  return fds.length - before;
}

test('each user may have as many files open as are left for others, root all', () => {
  const shares = new OpenShares(32);
  expect([1, 2, 3].map((uid) => all(shares, user(uid)))).toEqual([16, 8, 4]);
  expect(all(shares, user(1))).toBe(0);
  expect(all(shares, ROOT)).toBe(4);
  expect(all(shares, user(4))).toBe(0);
});

test('what is closed, or was not opened, may be opened again', () => {
  const shares = new OpenShares(8);
  const fds: number[] = [];
  expect(all(shares, user(1), fds)).toBe(4);
  for (const fd of fds) shares.closed(fd);
  shares.closed(4711);
  expect(all(shares, user(1), fds)).toBe(4);
  expect(shares.take(user(2))).toBe(true);
  shares.give(user(2));
  expect(all(shares, ROOT)).toBe(4);
});
