import { describe, expect, it } from 'vitest';
import { CAP } from '../../../linux/capability.ts';
import { tidOf } from '../../../linux/ids.ts';
import { isNotFollowed, isNotLinked, type LinkView } from './refused-links.ts';

const TID = tidOf(7);
const FD = 3;

/** A host whose kernel protects links unless that is switched off; `access` is what the caller's permissions say of the file. */
function viewOf({ fsuid = 1000, capabilities = 0n, access = -13, protects = '1\n' } = {}): LinkView {
  return {
    status: () => ({ fsuid, effectiveCapabilities: capabilities }) as ReturnType<LinkView['status']>,
    permits: () => access,
    readFile: (_directory, path) => (path.startsWith('/proc/sys/fs/protected_') ? protects : undefined),
  };
}

describe('a symbolic link', () => {
  const tmp = { mode: 0o41777, uid: 0 };
  const link = { mode: 0o120777, uid: 1001 };

  it.each([
    ['of another user in /tmp is not followed', link, tmp, viewOf(), true],
    ['is not followed for root either', link, tmp, viewOf({ fsuid: 0, capabilities: -1n }), true],
    ['of the caller is followed', link, tmp, viewOf({ fsuid: 1001 }), false],
    ['of the owner of the directory is followed', { ...link, uid: 0 }, tmp, viewOf(), false],
    ['in a directory that is not sticky is followed', link, { ...tmp, mode: 0o40777 }, viewOf(), false],
    ['in a directory that not all may write to is followed', link, { ...tmp, mode: 0o41775 }, viewOf(), false],
    ['is one', { ...link, mode: 0o100777 }, tmp, viewOf(), false],
    ['is followed where links are not protected', link, tmp, viewOf({ protects: '0\n' }), false],
  ])('%s', (_title, one, directory, view, expected) => {
    expect(isNotFollowed(view, TID, one, directory)).toBe(expected);
  });
});

describe('a hard link', () => {
  const other = { mode: 0o100644, uid: 0 };
  const fowner = 1n << BigInt(CAP.FOWNER);

  it.each([
    ['to a file that the caller may not write to is not made', other, viewOf(), true],
    ['to one that it may read and write is made', other, viewOf({ access: 0 }), false],
    ['to one that runs as its owner is not made', { ...other, mode: 0o104777 }, viewOf({ access: 0 }), true],
    ['to one that runs as its group is not made', { ...other, mode: 0o102777 }, viewOf({ access: 0 }), true],
    ['to one that only locks its regions is made', { ...other, mode: 0o102767 }, viewOf({ access: 0 }), false],
    ['to a pipe is not made', { ...other, mode: 0o10666 }, viewOf({ access: 0 }), true],
    ['to its own is made', { ...other, uid: 1000 }, viewOf(), false],
    ['with CAP_FOWNER is made', other, viewOf({ capabilities: fowner }), false],
    ['is made where links are not protected', other, viewOf({ protects: '0\n' }), false],
  ])('%s', (_title, source, view, expected) => {
    expect(isNotLinked(view, TID, source, FD)).toBe(expected);
  });
});
