import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { failed } from '../../linux/errno.ts';
import { O_CREAT, O_EXCL, O_RDWR, O_WRONLY } from '../../linux/fcntl.ts';
import { RENAME_NOREPLACE } from '../../linux/fs.ts';
import { everybodysFilesystem } from '../labelled/testing.ts';
import { StaticDirectory, TextFile } from '../pseudo/index.ts';
import { KERNEL_CALLER } from '../tree/caller.ts';
import { Changes } from '../tree/changes.ts';
import type { Filesystem } from '../tree/filesystem.ts';
import { FileSystemFacade } from './facade.ts';
import { MountTable } from './mounts.ts';
import { PathOperations } from './path-operations.ts';
import { code, USER } from './testing.ts';

const K = KERNEL_CALLER;
let mounts: MountTable;
let paths: PathOperations;

function pseudo(): Filesystem {
  const entries = [{ name: 'node', node: new TextFile({ ino: 2, mode: 0o600 }, () => 'text') }];
  return { type: 'x', magic: 1, root: new StaticDirectory({ ino: 1, mode: 0o755, entries }), changes: new Changes() };
}

beforeEach(() => {
  mounts = new MountTable(everybodysFilesystem());
  paths = new PathOperations(mounts);
  const fs = new FileSystemFacade(mounts);
  for (const dir of ['/d', '/d/sub', '/locked', '/open', '/mnt']) fs.mkdirSync(dir);
  for (const file of ['/f', '/d/g', '/locked/h']) fs.writeFileSync(file, file);
  fs.chmodSync('/locked', 0o700);
  fs.chmodSync('/open', 0o1777);
  fs.symlinkSync('d', '/link');
  fs.symlinkSync('/d/g', '/abs');
  fs.symlinkSync('nowhere', '/dangling');
  fs.symlinkSync('loop', '/loop');
  fs.symlinkSync('f/', '/slash');
  expect(mounts.mount('/mnt', pseudo())).toBeUndefined();
});

const where = (path: string, follow = true, caller = K) => {
  const place = paths.resolve(path, follow, caller);
  return failed(place) ? place.code : place.path;
};

describe('resolution', () => {
  it.each([
    ['/', '/'],
    ['', 'ENOENT'],
    ['///d//g', '/d/g'],
    ['/d/./sub/../g', '/d/g'],
    ['/../../d', '/d'],
    ['/d/', '/d'],
    ['/f/', 'ENOTDIR'],
    ['/f/x', 'ENOTDIR'],
    ['/f/..', 'ENOTDIR'],
    ['/f/.', 'ENOTDIR'],
    ['/link/g', '/d/g'],
    ['/abs', '/d/g'],
    ['/dangling', 'ENOENT'],
    ['/loop', 'ELOOP'],
    ['/loop/x', 'ELOOP'],
    ['/slash', 'ENOTDIR'],
    ['/link/sub/..', '/d'],
    ['/mnt/node', '/mnt/node'],
    ['/mnt/..', '/'],
    [`/${'n'.repeat(256)}`, 'ENAMETOOLONG'],
    [`/${'n'.repeat(255)}`, 'ENOENT'],
  ])('of %j is %s', (path, result) => {
    expect(where(path)).toBe(result);
  });

  it('follows a link at the end only if asked or before a slash', () => {
    expect(where('/link', false)).toBe('/link');
    expect(where('/link/', false)).toBe('/d');
    expect(where('/loop', false)).toBe('/loop');
  });

  it('follows 40 links and no more', () => {
    for (let i = 0; i < 41; i++) paths.symlink(i === 0 ? '/d' : `/l${i - 1}`, `/l${i}`, K);
    expect(where('/l39')).toBe('/d');
    expect(where('/l40')).toBe('ELOOP');
  });

  it('needs search permission on the way, not on the result', () => {
    expect(where('/locked', true, USER)).toBe('/locked');
    expect(where('/locked/h', true, USER)).toBe('EACCES');
    expect(where('/locked/absent', true, USER)).toBe('EACCES');
    expect(where('/locked/.', true, USER)).toBe('EACCES');
  });

  it('takes any path without throwing', () => {
    const part = fc.constantFrom('', '.', '..', 'd', 'f', 'link', 'loop', 'mnt', 'node', 'x', 'slash', '\0', '\xff');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const path = parts.join('/');
        const place = paths.resolve(path, true, USER);
        // A canonical path resolves to itself.
        if (!failed(place)) expect(where(place.path, false, K)).toBe(place.path);
      }),
    );
  });
});

describe('open', () => {
  const open = (path: string, flags: number, caller = K) => {
    const opened = paths.open(path, flags, 0o644, caller);
    return failed(opened) ? opened.code : opened.node.kind;
  };
  it.each([
    ['/f', O_RDWR, 'file'],
    ['/d', 0, 'directory'],
    ['/d', O_WRONLY, 'EISDIR'],
    ['/d', O_CREAT, 'EISDIR'],
    ['/new/', O_CREAT | O_WRONLY, 'EISDIR'],
    ['/d/.', O_CREAT, 'EISDIR'],
    ['/new', O_CREAT | O_WRONLY, 'file'],
    ['/f', O_CREAT | O_EXCL, 'EEXIST'],
    ['/link', O_CREAT | O_EXCL, 'EEXIST'],
    ['/abs', O_CREAT | O_WRONLY, 'file'],
    ['/dangling', O_CREAT | O_WRONLY, 'file'],
    ['/loop', O_CREAT, 'ELOOP'],
    ['/mnt/new', O_CREAT | O_WRONLY, 'EACCES'],
    ['/absent/new', O_CREAT, 'ENOENT'],
  ])('%s with flags %o is %s', (path, flags, result) => {
    expect(open(path, flags)).toBe(result);
  });

  it('checks mode bits for others', () => {
    expect(open('/f', 0, USER)).toBe('file');
    expect(open('/f', O_WRONLY, USER)).toBe('EACCES');
    expect(open('/mnt/node', 0, USER)).toBe('EACCES');
    expect(open('/d/new', O_CREAT | O_WRONLY, USER)).toBe('EACCES');
    expect(open('/open/new', O_CREAT | O_WRONLY, USER)).toBe('file');
  });

  it('creates through a dangling link where it points to', () => {
    open('/dangling', O_CREAT | O_WRONLY);
    expect(where('/nowhere')).toBe('/nowhere');
  });
});

describe('making and removing names', () => {
  it('refuses what exists and what is no name', () => {
    expect(code(paths.mkdir('/d', 0, K) ?? 'done')).toBe('EEXIST');
    expect(code(paths.mkdir('/', 0, K) ?? 'done')).toBe('EEXIST');
    expect(code(paths.mkdir('/d/..', 0, K) ?? 'done')).toBe('EEXIST');
    expect(code(paths.mkdir('/e/', 0, K) ?? 'done')).toBe('done');
    expect(code(paths.symlink('x', '/s/', K) ?? 'done')).toBe('ENOENT');
    expect(code(paths.symlink('', '/s', K) ?? 'done')).toBe('ENOENT');
    expect(code(paths.mkdir('/mnt/new', 0, K) ?? 'done')).toBe('EPERM');
    expect(code(paths.mkdir('/d/new', 0, USER) ?? 'done')).toBe('EACCES');
    expect(code(paths.link('/f', '/mnt/f', K) ?? 'done')).toBe('EXDEV');
    expect(code(paths.link('/d', '/d2', K) ?? 'done')).toBe('EPERM');
    expect(code(paths.link('/f', '/f2', K) ?? 'done')).toBe('done');
  });

  it('unlinks files and links, not directories', () => {
    expect(code(paths.unlink('/d', K) ?? 'done')).toBe('EISDIR');
    expect(code(paths.unlink('/d/.', K) ?? 'done')).toBe('EISDIR');
    expect(code(paths.unlink('/f/', K) ?? 'done')).toBe('ENOTDIR');
    expect(code(paths.unlink('/absent', K) ?? 'done')).toBe('ENOENT');
    expect(code(paths.unlink('/d/g', USER) ?? 'done')).toBe('EACCES');
    expect(code(paths.unlink('/mnt/node', K) ?? 'done')).toBe('EPERM');
    expect(code(paths.unlink('/link', K) ?? 'done')).toBe('done');
    expect(where('/d')).toBe('/d');
  });

  it('removes empty directories that nothing is mounted on', () => {
    expect(code(paths.rmdir('/d', K) ?? 'done')).toBe('ENOTEMPTY');
    expect(code(paths.rmdir('/f', K) ?? 'done')).toBe('ENOTDIR');
    expect(code(paths.rmdir('/mnt', K) ?? 'done')).toBe('EBUSY');
    expect(code(paths.rmdir('/', K) ?? 'done')).toBe('EBUSY');
    expect(code(paths.rmdir('/d/.', K) ?? 'done')).toBe('EINVAL');
    expect(code(paths.rmdir('/d/..', K) ?? 'done')).toBe('ENOTEMPTY');
    expect(code(paths.rmdir('/d/sub/', K) ?? 'done')).toBe('done');
  });

  it('keeps strangers from deleting in a sticky directory', () => {
    paths.open('/open/mine', O_CREAT | O_WRONLY, 0o600, USER);
    paths.open('/open/roots', O_CREAT | O_WRONLY, 0o600, K);
    expect(code(paths.unlink('/open/roots', USER) ?? 'done')).toBe('EPERM');
    expect(code(paths.unlink('/open/mine', USER) ?? 'done')).toBe('done');
  });
});

describe('rename', () => {
  it.each([
    ['/f', '/d/f', 0, 'done'],
    ['/f', '/f', 0, 'done'],
    ['/d', '/d/sub/x', 0, 'EINVAL'],
    ['/d/sub', '/d', 0, 'ENOTEMPTY'],
    ['/f', '/d', 0, 'EISDIR'],
    ['/d', '/f', 0, 'ENOTDIR'],
    ['/f', '/new/', 0, 'ENOTDIR'],
    ['/f', '/d/g', RENAME_NOREPLACE, 'EEXIST'],
    ['/f', '/d/..', 0, 'EBUSY'],
    ['/f', '/mnt/f', 0, 'EXDEV'],
    ['/mnt', '/other', 0, 'EBUSY'],
    ['/absent', '/x', 0, 'ENOENT'],
    ['/f', '/x', 8, 'EINVAL'],
    ['/mnt/node', '/mnt/x', 0, 'EPERM'],
  ])('%s to %s (flags %d) is %s', (from, to, flags, result) => {
    expect(code(paths.rename(from, to, flags, K) ?? 'done')).toBe(result);
  });

  it('moves a directory with everything in it', () => {
    expect(paths.rename('/d', '/moved', 0, K)).toBeUndefined();
    expect(where('/moved/g')).toBe('/moved/g');
    expect(where('/d')).toBe('ENOENT');
  });
});

describe('mount table', () => {
  it('makes the directories on the way in its own skeleton only', () => {
    const table = new MountTable();
    expect(table.mount('/sys/fs/toyfs', pseudo())).toBeUndefined();
    expect(table.mount('/sys/fs/toyfs/deep', pseudo())?.code).toBe('ENOENT');
    expect(table.mount('/sys/fs/toyfs/node', pseudo())?.code).toBe('ENOTDIR');
    const fs = new FileSystemFacade(table);
    expect(fs.readdirSync('/sys/fs')).toEqual(['toyfs']);
    expect(fs.readFileSync('/sys/fs/toyfs/node', 'utf8')).toBe('text');
    expect(table.list().map((mount) => mount.path)).toEqual(['/', '/sys/fs/toyfs']);
  });

  it('unmounts what nothing is mounted below', () => {
    const table = new MountTable(everybodysFilesystem());
    new PathOperations(table).mkdir('/a', 0o755, K);
    table.mount('/a', everybodysFilesystem());
    new PathOperations(table).mkdir('/a/b', 0o755, K);
    table.mount('/a/b', pseudo());
    expect(table.unmount('/a')?.code).toBe('EBUSY');
    expect(table.unmount('/a/b')).toBeUndefined();
    expect(table.unmount('/a')).toBeUndefined();
    expect(table.unmount('/a')?.code).toBe('EINVAL');
    expect(table.unmount('/')?.code).toBe('EBUSY');
  });
});
