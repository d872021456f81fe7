import { expect, test } from 'vitest';
import { CAP } from '../../linux/capability.ts';
import { OpenShares } from './open-shares.ts';

const ADMIN = 1n << BigInt(CAP.SYS_ADMIN);

/** @returns how many more he may open. */
function all(shares: OpenShares, user: string, capabilities = 0n, fds: number[] = []): number {
  const before = fds.length;
  while (shares.take(user, capabilities)) {
    const fd = Number(user) * 100 + fds.length;
    shares.opened(fd, user);
    fds.push(fd);
  }
  return fds.length - before;
}

test('each user may have as many files open as are left for others, root all', () => {
  const shares = new OpenShares(32);
  expect(['1', '2', '3'].map((user) => all(shares, user))).toEqual([16, 8, 4]);
  expect(all(shares, '1')).toBe(0);
  expect(all(shares, '0', ADMIN)).toBe(4);
  expect(all(shares, '4')).toBe(0);
});

test('what is closed, or was not opened, may be opened again', () => {
  const shares = new OpenShares(8);
  const fds: number[] = [];
  expect(all(shares, '1', 0n, fds)).toBe(4);
  expect(shares.ownerOf(fds[0] ?? 0)).toBe('1');
  for (const fd of fds) shares.closing(fd).done();
  expect(shares.closing(4711).user).toBeUndefined();
  expect(all(shares, '1', 0n, fds)).toBe(4);
  expect(shares.take('2', 0n)).toBe(true);
  shares.give('2');
  expect(all(shares, '0', ADMIN)).toBe(4);
});

test('files whose closing takes long count, but for a few', () => {
  const shares = new OpenShares(100);
  const fds: number[] = [];
  expect(all(shares, '1', 0n, fds)).toBe(50);
  const closing = fds.map((fd) => shares.closing(fd));
  expect(closing.map(({ user }) => user)).toEqual(Array(50).fill('1'));
  expect(all(shares, '1')).toBe(16);
  for (const { done } of closing) done();
  expect(all(shares, '1')).toBe(34);
});
