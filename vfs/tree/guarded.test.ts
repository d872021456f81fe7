import { describe, expect, it } from 'vitest';
import { E, failed } from '../../linux/errno.ts';
import { O_RDONLY, O_RDWR } from '../../linux/fcntl.ts';
import { DynamicDirectory, InodeNumbers, StaticDirectory, TextFile } from '../pseudo/index.ts';
import { code } from '../user/testing.ts';
import { KERNEL_CALLER as K } from './caller.ts';
import { Changes } from './changes.ts';
import { type GuardedFile, guarded } from './guarded.ts';
import type { Directory } from './node.ts';
import * as operations from './operations.ts';

/** A tree `a/f` with directories that can be made in `a`, seen through a guard that refuses what `refused` names. */
function tree(refused: readonly string[] = []) {
  const numbers = new InodeNumbers();
  const changes = new Changes();
  const made = new Map<string, Directory>();
  const asked: string[] = [];
  const file = new TextFile({ ino: numbers.next(), mode: 0o644, uid: 7 }, () => 'text');
  class Folder extends DynamicDirectory {
    mkdir(name: string): Directory {
      const folder = new StaticDirectory({ ino: numbers.next(), mode: 0o755 });
      made.set(name, folder);
      return folder;
    }
    rmdir(name: string) {
      return made.delete(name) ? undefined : E.ENOENT;
    }
  }
  const folder = new Folder({
    ino: numbers.next(),
    mode: 0o755,
    lookup: (name) => (name === 'f' ? file : (made.get(name) ?? E.ENOENT)),
    entries: () => [{ name: 'f', node: file }, ...[...made].map(([name, node]) => ({ name, node }))],
  });
  const root = new StaticDirectory({
    ino: numbers.next(),
    mode: 0o755,
    changes,
    entries: [{ name: 'a', node: folder }],
  });
  const say = (what: string, { path, uid, mode }: GuardedFile) => {
    asked.push(`${what} '${path}' ${uid} ${(mode >> 12).toString(8)}`);
    return refused.includes(what) ? E.EACCES : undefined;
  };
  const filesystem = guarded(
    { type: 'test', magic: 1, instance: 3, root, changes },
    { open: (found, flags) => say(`open ${flags}`, found), change: (found, change) => say(change, found) },
  );
  const a = operations.lookup(filesystem.root, 'a', K);
  if (failed(a)) throw new Error('no directory');
  const f = operations.lookup(a, 'f', K);
  if (failed(f)) throw new Error('no file');
  return { filesystem, root, changes, folder, a, f, asked };
}

describe('guarded', () => {
  it('asks about opening with path, owner and type', () => {
    const { filesystem, a, f, asked } = tree();
    expect(operations.openDirectory(filesystem.root, O_RDONLY, K)).toBeUndefined();
    expect(operations.openDirectory(a, O_RDONLY, K)).toBeUndefined();
    expect(failed(operations.open(f, O_RDWR, K))).toBe(false);
    expect(asked).toEqual(["open 0 '' 0 4", "open 0 'a' 0 4", "open 2 'a/f' 7 10"]);
  });

  it('asks about directories that are made and removed, and about changes of attributes', () => {
    const { a, f, asked } = tree();
    operations.mkdir(a, 'new', 0o755, K);
    operations.rmdir(a, 'new', K);
    operations.setAttributes(f, { mode: 0o600 }, K);
    operations.setAttributes(f, { uid: 1, gid: 1 }, K);
    operations.setAttributes(f, { size: 0 }, K);
    operations.setAttributes(f, { mtime: 1n }, K);
    expect(asked).toEqual([
      "mkdir 'a/new' 0 4",
      "rmdir 'a/new' 0 4",
      "chmod 'a/f' 7 10",
      "chown 'a/f' 7 10",
      "truncate 'a/f' 1 10",
    ]);
  });

  it('refuses before anything happens', () => {
    const { a, f, folder } = tree(['open 0', 'mkdir', 'chmod']);
    expect(code(operations.open(f, O_RDONLY, K))).toBe('EACCES');
    expect(operations.openDirectory(a, O_RDONLY, K)).toBe(E.EACCES);
    expect(operations.mkdir(a, 'new', 0o755, K)).toBe(E.EACCES);
    expect(folder.lookup('new', K)).toBe(E.ENOENT);
    expect(operations.setAttributes(f, { mode: 0 }, K)).toBe(E.EACCES);
    expect(f.attributes(K).mode).toBe(0o100644);
  });

  it('does not ask about looking', () => {
    const { a, f, asked } = tree(['open 0']);
    expect(operations.lookup(a, 'f', K)).toBe(f);
    expect(operations.readEntries(a, K)).toEqual([{ name: 'f', node: f }]);
    f.attributes(K);
    expect(asked).toEqual([]);
  });

  it('is the same filesystem otherwise', () => {
    const { filesystem, a, root, changes } = tree();
    expect(filesystem).toMatchObject({ type: 'test', magic: 1, instance: 3 });
    expect(a.ino).toBe(root.lookup('a', K) === E.ENOENT ? 0 : 2);
    expect(a).not.toHaveProperty('symlink');
    const told: unknown[] = [];
    filesystem.changes.subscribe({ entry: (directory, name) => told.push(directory, name), content: () => {} });
    changes.entry(root, 'a');
    expect(told).toEqual([filesystem.root, 'a']);
  });
});
