import * as nodeFs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createFsFromVolume, Volume } from 'memfs';
import { afterEach, describe, expect, it } from 'vitest';
import { E, failed } from '../../linux/errno.ts';
import { KERNEL_CALLER } from '../tree/caller.ts';
import type { Filesystem } from '../tree/filesystem.ts';
import * as operations from '../tree/operations.ts';
import { FileSystemFacade } from '../user/facade.ts';
import { USER } from '../user/testing.ts';
import { type Backend, labelledFilesystem, MemoryLabelStore } from './index.ts';
import { everybodysFilesystem } from './testing.ts';

const K = KERNEL_CALLER;
const directories: string[] = [];

/** A real directory, whose owners and modes are kept in the store so that the test needs no privileges. */
function diskFilesystem(): Filesystem {
  const root = nodeFs.mkdtempSync(path.join(os.tmpdir(), 'lsmfs-labelled-'));
  directories.push(root);
  nodeFs.chmodSync(root, 0o777);
  const filesystem = labelledFilesystem({ backend: nodeFs, store: new MemoryLabelStore(), root });
  if (failed(filesystem)) throw new Error(filesystem.toString());
  return filesystem;
}

afterEach(() => {
  for (const directory of directories.splice(0)) nodeFs.rmSync(directory, { recursive: true });
});

describe.each([
  ['memfs', everybodysFilesystem],
  ['a real directory', diskFilesystem],
])('labelled tree over %s', (_what, filesystem) => {
  it('gives new files the owner and mode of their maker', () => {
    const user = new FileSystemFacade(filesystem(), { caller: USER, umask: 0o027 });
    user.writeFileSync('/file', 'text', { mode: 0o666 });
    user.mkdirSync('/dir');
    user.symlinkSync('file', '/link');
    const seen = ['/file', '/dir', '/link'].map((name) => user.lstatSync(name)).map((s) => [s.mode, s.uid, s.gid]);
    expect(seen).toEqual([
      [0o100640, 1000, 1000],
      [0o040750, 1000, 1000],
      [0o120777, 1000, 1000],
    ]);
    expect(user.readFileSync('/link', 'utf8')).toBe('text');
  });

  it('inherits the group of a set-gid directory', () => {
    const fs = new FileSystemFacade(filesystem());
    fs.mkdirSync('/shared');
    fs.chownSync('/shared', 1000, 50);
    fs.chmodSync('/shared', 0o2777);
    fs.as(USER).mkdirSync('/shared/sub');
    fs.as(USER).writeFileSync('/shared/file', '');
    expect(fs.statSync('/shared/sub')).toMatchObject({ gid: 50, mode: 0o042755 });
    expect(fs.statSync('/shared/file')).toMatchObject({ gid: 50, mode: 0o100644 });
  });

  it('keeps labels through rename and hard links, and drops them with the last name', () => {
    const fs = new FileSystemFacade(filesystem());
    fs.mkdirSync('/d');
    fs.writeFileSync('/d/f', 'x');
    fs.setxattrSync('/d/f', 'security.label', 'label');
    fs.renameSync('/d', '/e');
    fs.linkSync('/e/f', '/g');
    expect(String(fs.getxattrSync('/g', 'security.label'))).toBe('label');
    fs.unlinkSync('/e/f');
    expect(fs.listxattrSync('/g')).toEqual(['security.label']);
    fs.unlinkSync('/g');
    fs.writeFileSync('/g', 'y');
    expect(fs.listxattrSync('/g')).toEqual([]);
  });

  it('obeys create and replace flags, and hides trusted names from users', () => {
    const tree = filesystem();
    const set = (name: string, flags: number, caller = K) => {
      const node = operations.lookup(tree.root, 'f', K);
      return failed(node) ? node : operations.setXattr(node, name, Buffer.from('v'), flags, caller);
    };
    new FileSystemFacade(tree).writeFileSync('/f', '', { mode: 0o666 });
    expect(set('user.a', 2)).toBe(E.ENODATA);
    expect(set('user.a', 1)).toBeUndefined();
    expect(set('user.a', 1)).toBe(E.EEXIST);
    expect(set('user.a', 0, USER)).toBe(E.EACCES);
    expect(set('trusted.t', 0)).toBeUndefined();
    expect(set('security.s', 0, USER)).toBe(E.EPERM);
    const again = new FileSystemFacade(tree);
    expect(again.listxattrSync('/f')).toEqual(['user.a', 'trusted.t']);
    expect(again.as(USER).listxattrSync('/f')).toEqual(['user.a']);
  });

  it('serves an unlinked file through its descriptor', () => {
    const fs = new FileSystemFacade(filesystem());
    const fd = fs.openSync('/f', 'w+');
    fs.writeSync(fd, 'content');
    fs.unlinkSync('/f');
    fs.ftruncateSync(fd, 4);
    const buffer = Buffer.alloc(10);
    expect(fs.readSync(fd, buffer, 0, 10, 0)).toBe(4);
    expect(fs.fstatSync(fd).nlink).toBe(0);
    fs.closeSync(fd);
  });

  it('gives one inode one node, and another when the name is used again', () => {
    const tree = filesystem();
    const fs = new FileSystemFacade(tree);
    fs.mkdirSync('/x');
    const before = operations.lookup(tree.root, 'x', K);
    expect(operations.lookup(tree.root, 'x', K)).toBe(before);
    fs.rmdirSync('/x');
    fs.writeFileSync('/x', '');
    expect(operations.lookup(tree.root, 'x', K)).toMatchObject({ kind: 'file' });
  });

  it('never allocates what a reader asks for', () => {
    const tree = filesystem();
    new FileSystemFacade(tree).writeFileSync('/f', 'abc');
    const node = operations.lookup(tree.root, 'f', K);
    const handle = failed(node) ? node : operations.open(node, 0, K);
    if (failed(handle)) throw new Error(handle.toString());
    const data = operations.read(handle, Number.MAX_SAFE_INTEGER, { offset: 1 }, K);
    expect(data).toEqual(new Uint8Array([0x62, 0x63]));
    operations.release(handle);
  });
});

describe('a labelled tree', () => {
  it("passes the backend's errors on and turns strange ones into EIO", () => {
    const volume = createFsFromVolume(Volume.fromJSON({ '/f': '' })) as unknown as Backend;
    const make = (backend: Backend, root: string) =>
      labelledFilesystem({ backend, store: new MemoryLabelStore(), root });
    expect(make(volume, '/none')).toBe(E.ENOENT);
    expect(make(volume, '/f')).toBe(E.ENOTDIR);
    const broken: Backend = Object.assign(Object.create(volume), {
      lstatSync: () => {
        throw new Error('strange');
      },
    });
    expect(make(broken, '/')).toBe(E.EIO);
  });

  it('keeps owner and mode in the backend when the store does not have them', () => {
    const { get, set, list, remove, forget } = MemoryLabelStore.prototype;
    const inner = new MemoryLabelStore();
    const store = {
      get: get.bind(inner),
      set: set.bind(inner),
      list: list.bind(inner),
      remove: remove.bind(inner),
      forget: forget.bind(inner),
    };
    const volume = createFsFromVolume(new Volume());
    const fs = new FileSystemFacade(everybodysFilesystem({ backend: volume as unknown as Backend, store }));
    fs.writeFileSync('/f', 'x');
    fs.chownSync('/f', 5, 6);
    fs.chmodSync('/f', 0o600);
    expect(volume.statSync('/f')).toMatchObject({ uid: 5, gid: 6, mode: 0o100600 });
  });
});
