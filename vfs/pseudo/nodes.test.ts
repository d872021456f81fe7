import { describe, expect, it } from 'vitest';
import { E } from '../../linux/errno.ts';
import { O_RDWR, O_TRUNC } from '../../linux/fcntl.ts';
import { KERNEL_CALLER } from '../tree/caller.ts';
import { Changes } from '../tree/changes.ts';
import * as operations from '../tree/operations.ts';
import { code, TestOpenFile, USER } from '../user/testing.ts';
import { CallerSymlink, DeviceNode, DynamicDirectory, InodeNumbers, StaticDirectory, TextFile } from './index.ts';

const K = KERNEL_CALLER;
const text = (ino: number, value = 'v') => new TextFile({ ino, mode: 0o444 }, () => value);

describe('simple inodes', () => {
  it('start with owner, mode and creation time, and size 0', () => {
    const file = new TextFile({ ino: 5, mode: 0o640, uid: 1, gid: 2, time: 77n }, () => 'abc');
    expect(file.attributes(K)).toEqual({
      mode: 0o100640,
      uid: 1,
      gid: 2,
      size: 0,
      nlink: 1,
      rdev: 0,
      atime: 77n,
      mtime: 77n,
      ctime: 77n,
    });
  });

  it('change in memory, except for the size', () => {
    const file = text(5);
    const change = { mode: 0o100600, uid: 3, gid: 4, size: 99, mtime: 8n, ctime: 9n, timesAreNow: true };
    expect(operations.setAttributes(file, change, K)).toBeUndefined();
    expect(file.attributes(K)).toEqual({
      mode: 0o100600,
      uid: 3,
      gid: 4,
      size: 99,
      nlink: 1,
      rdev: 0,
      atime: 0n,
      mtime: 8n,
      ctime: 9n,
    });
  });

  it('survive truncation by open', () => {
    expect(new TestOpenFile(text(5), O_RDWR | O_TRUNC).read()).toBe('v');
  });

  it('have numbers in order', () => {
    const numbers = new InodeNumbers(22);
    expect([numbers.next(), numbers.next()]).toEqual([22, 23]);
  });
});

describe('TextFile', () => {
  it('is computed at each read, for the reader', () => {
    let calls = 0;
    const file = new TextFile({ ino: 1, mode: 0o444 }, (caller) => `${caller.comm}${calls++}`);
    const open = new TestOpenFile(file);
    expect([open.read(), open.read(7)]).toEqual(['swapper0', '1']);
    expect(open.write('x')).toBe('EINVAL');
  });

  it('passes an errno on', () => {
    expect(new TestOpenFile(new TextFile({ ino: 1, mode: 0o444 }, () => E.EACCES)).read()).toBe('EACCES');
  });
});

describe('StaticDirectory', () => {
  function directory() {
    const changes = new Changes();
    const announced: string[] = [];
    changes.subscribe({ entry: (_directory, name) => announced.push(name), content: () => undefined });
    const entries = [
      { name: 'b', node: text(2) },
      { name: 'a', node: text(3) },
    ];
    return { directory: new StaticDirectory({ ino: 1, mode: 0o555, changes, entries }), announced, entries };
  }

  it('lists in the order given', () => {
    const { directory: dir, entries } = directory();
    expect(operations.readEntries(dir, K)).toEqual(entries);
    expect(operations.lookup(dir, 'b', K)).toBe(entries[0]?.node);
    expect(operations.lookup(dir, 'c', K)).toBe(E.ENOENT);
    expect(operations.lookup(dir, 'n'.repeat(255), K)).toBe(E.ENOENT);
    expect(operations.lookup(dir, 'n'.repeat(256), K)).toBe(E.ENAMETOOLONG);
  });

  it('announces exactly what changed', () => {
    const { directory: dir, announced, entries } = directory();
    dir.replace([...entries.slice(1), { name: 'c', node: text(4) }]);
    expect(announced.sort()).toEqual(['b', 'c']);
    dir.set('a', text(9));
    dir.delete('c');
    dir.delete('nothing');
    expect(announced).toEqual(['b', 'c', 'a', 'c']);
    expect(operations.readEntries(dir, K)).toHaveLength(1);
  });

  it('counts its sub-directories in nlink unless told otherwise', () => {
    const { directory: dir } = directory();
    expect(dir.attributes(K).nlink).toBe(2);
    dir.set('sub', new StaticDirectory({ ino: 8, mode: 0o555 }));
    expect(dir.attributes(K).nlink).toBe(3);
    expect(new StaticDirectory({ ino: 9, mode: 0, nlink: 7 }).attributes(K).nlink).toBe(7);
  });

  it('cannot be changed by callers', () => {
    const { directory: dir } = directory();
    expect(code(operations.create(dir, 'x', { mode: 0o600, flags: 0 }, K))).toBe('EACCES');
    expect(code(operations.mkdir(dir, 'x', 0o700, K))).toBe('EPERM');
    expect(operations.unlink(dir, 'a', K)).toBe(E.EPERM);
    expect(operations.rename(dir, 'a', dir, 'z', 0, K)).toBe(E.EPERM);
  });
});

describe('other nodes', () => {
  it('DynamicDirectory asks each time', () => {
    const dir = new DynamicDirectory({
      ino: 1,
      mode: 0o555,
      lookup: (name, caller) => (name === String(caller.tid) ? text(2) : E.ENOENT),
      entries: (caller) => [{ name: String(caller.tid), node: text(2) }],
    });
    expect(operations.lookup(dir, '100', K)).toBe(E.ENOENT);
    expect(code(operations.lookup(dir, '100', USER))).toMatchObject({ ino: 2 });
    expect(code(operations.readEntries(dir, USER))).toMatchObject([{ name: '100' }]);
    expect(dir.cache).toBe('dynamic');
  });

  it('DeviceNode has a device number and no content', () => {
    const device = new DeviceNode({ ino: 1, mode: 0o666, major: 1, minor: 3 });
    expect(device.attributes(K)).toMatchObject({ mode: 0o020666, rdev: 0x103 });
    expect(operations.open(device, 0, K)).toBe(E.ENXIO);
  });

  it('CallerSymlink depends on who reads it', () => {
    const link = new CallerSymlink({ ino: 1 }, (caller) => String(caller.tgid));
    expect(operations.readlink(link, USER)).toBe('100');
    expect(link.attributes(K).mode).toBe(0o120777);
    expect(operations.readlink(text(1), USER)).toBe(E.EINVAL);
    expect(operations.open(link, 0, K)).toBe(E.ELOOP);
  });
});
