import { describe, expect, it } from 'vitest';
import { E } from '../../linux/errno.ts';
import { O_RDWR, O_TRUNC } from '../../linux/fcntl.ts';
import { PseudoFile, StaticDirectory, TextFile } from '../pseudo/index.ts';
import { USER } from '../user/testing.ts';
import { KERNEL_CALLER } from './caller.ts';
import type { FileNode, Handle } from './node.ts';
import * as operations from './operations.ts';

const K = KERNEL_CALLER;
const BARE_HANDLE: Handle = { writeMovesPosition: true };
const BARE_FILE: FileNode = {
  kind: 'file',
  ino: 2,
  cache: 'dynamic',
  attributes: () => new TextFile({ ino: 2, mode: 0o644 }, () => '').attributes(K),
  open: () => BARE_HANDLE,
};
const dir = new StaticDirectory({ ino: 1, mode: 0o755, entries: [{ name: 'f', node: BARE_FILE }] });

describe('what a node lacks', () => {
  it('is refused with the errno of a missing operation', () => {
    expect(operations.create(dir, 'x', { mode: 0, flags: 0 }, K)).toBe(E.EACCES);
    expect(operations.mknod(dir, 'x', 0, 0, K)).toBe(E.EPERM);
    expect(operations.symlink(dir, 'x', 'y', K)).toBe(E.EPERM);
    expect(operations.link(dir, 'x', BARE_FILE, K)).toBe(E.EPERM);
    expect(operations.rmdir(dir, 'x', K)).toBe(E.EPERM);
    expect(operations.setAttributes(BARE_FILE, { mode: 0 }, K)).toBe(E.EPERM);
    expect(operations.read(BARE_HANDLE, 1, { offset: 0 }, K)).toBe(E.EINVAL);
    expect(operations.write(BARE_HANDLE, new Uint8Array(1), { offset: 0 }, K)).toBe(E.EINVAL);
    expect(operations.mmap(BARE_HANDLE, false, K)).toBe(E.ENODEV);
    expect(operations.poll(BARE_HANDLE, () => undefined, K)).toBe(5);
    expect(operations.getXattr(BARE_FILE, 'security.label', K)).toBe(E.EOPNOTSUPP);
    expect(operations.setXattr(BARE_FILE, 'security.label', new Uint8Array(0), 0, K)).toBe(E.EOPNOTSUPP);
    expect(operations.removeXattr(BARE_FILE, 'security.label', K)).toBe(E.EOPNOTSUPP);
    expect(operations.listXattr(BARE_FILE, K)).toEqual([]);
  });

  it('is ENOTDIR below something that is no directory', () => {
    expect(operations.lookup(BARE_FILE, 'x', K)).toBe(E.ENOTDIR);
    expect(operations.readEntries(BARE_FILE, K)).toBe(E.ENOTDIR);
    expect(operations.unlink(BARE_FILE, 'x', K)).toBe(E.ENOTDIR);
    expect(operations.rename(dir, 'f', BARE_FILE, 'x', 0, K)).toBe(E.ENOTDIR);
  });

  it('cannot be used with a negative position', () => {
    expect(operations.read({ ...BARE_HANDLE, read: () => new Uint8Array(1) }, 1, { offset: -1 }, K)).toBe(E.EINVAL);
    expect(operations.write({ ...BARE_HANDLE, write: () => 1 }, new Uint8Array(1), { offset: -1 }, K)).toBe(E.EINVAL);
  });
});

describe("a node's own permission check", () => {
  it('sees what is wanted, for every kind of operation', () => {
    const masks: number[] = [];
    const permission = (mask: number) => {
      masks.push(mask);
      return E.EPERM;
    };
    const guarded = new StaticDirectory({ ino: 1, mode: 0o777, permission });
    const file = new TextFile({ ino: 2, mode: 0o666, permission }, () => '');
    expect(operations.lookup(guarded, 'x', K)).toBe(E.EPERM);
    expect(operations.readEntries(guarded, K)).toBe(E.EPERM);
    expect(operations.mkdir(guarded, 'x', 0, K)).toBe(E.EPERM);
    expect(operations.open(file, O_RDWR, K)).toBe(E.EPERM);
    expect(operations.open(file, O_TRUNC, K)).toBe(E.EPERM);
    expect(masks).toEqual([1, 4, 3, 6, 6]);
  });
});

describe('open', () => {
  it('refuses what is no file', () => {
    expect(operations.open(dir, 0, K)).toBe(E.EISDIR);
  });

  it("truncates after the node's own open, and lets go of the handle when that fails", () => {
    const log: string[] = [];
    const handle: Handle = { ...BARE_HANDLE, release: () => void log.push('release') };
    const node: FileNode = {
      ...BARE_FILE,
      open: () => {
        log.push('open');
        return handle;
      },
      setAttributes: (change) => {
        log.push(`size ${change.size}`);
        return E.EFBIG;
      },
    };
    expect(operations.open(node, O_RDWR | O_TRUNC, K)).toBe(E.EFBIG);
    expect(log).toEqual(['open', 'size 0', 'release']);
  });

  it("passes the node's errno on before any truncation", () => {
    const node = new PseudoFile({ ino: 1, mode: 0o600 }, () => E.EINVAL);
    expect(operations.open(node, O_RDWR | O_TRUNC, K)).toBe(E.EINVAL);
  });
});

describe('attributes and xattrs', () => {
  it('only files have a size to change', () => {
    expect(operations.setAttributes(dir, { size: 0 }, K)).toBe(E.EISDIR);
  });

  it('ownership is checked before the node is asked', () => {
    expect(operations.setAttributes(BARE_FILE, { uid: 5 }, USER)).toBe(E.EPERM);
  });

  it("limits and name spaces are the kernel's", () => {
    const set = (name: string, size: number, flags: number) =>
      operations.setXattr(BARE_FILE, name, new Uint8Array(size), flags, USER);
    expect(set('security.x', 65537, 0)).toBe(E.E2BIG);
    expect(set('security.x', 1, 4)).toBe(E.EINVAL);
    expect(set('', 1, 0)).toBe(E.ERANGE);
    expect(set('n'.repeat(256), 1, 0)).toBe(E.ERANGE);
    expect(set('trusted.x', 1, 0)).toBe(E.EPERM);
    expect(set('user.x', 1, 0)).toBe(E.EACCES);
    expect(operations.getXattr(BARE_FILE, 'trusted.x', USER)).toBe(E.ENODATA);
    expect(operations.getXattr(BARE_FILE, 'trusted.x', K)).toBe(E.EOPNOTSUPP);
  });
});
