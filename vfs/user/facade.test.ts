import { beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, textOf } from '../../linux/bytes.ts';
import type { Result } from '../../linux/errno.ts';
import { everybodysFilesystem } from '../labelled/testing.ts';
import { NumberFile, PseudoFile, StaticDirectory, TransactionFile } from '../pseudo/index.ts';
import { Changes } from '../tree/changes.ts';
import { Pending } from '../tree/node.ts';
import { FileSystemFacade } from './facade.ts';
import { MountTable } from './mounts.ts';
import { nodeFs } from './node-fs/index.ts';
import { USER } from './testing.ts';

let fs: FileSystemFacade;
let limit = 0;
let wake: ((result: Result<Uint8Array>) => void) | undefined;

beforeEach(() => {
  limit = 5;
  wake = undefined;
  const entries = [
    {
      name: 'limit',
      node: new NumberFile(
        { ino: 2, mode: 0o644 },
        {
          read: () => limit,
          store: (value) => {
            limit = value;
            return undefined;
          },
        },
      ),
    },
    { name: 'echo', node: new TransactionFile({ ino: 3, mode: 0o666 }, { answer: (query) => textOf(query) }) },
    {
      name: 'events',
      node: new PseudoFile({ ino: 4, mode: 0o444 }, () => ({
        writeMovesPosition: false,
        seekable: false,
        read: (_length, at) =>
          at.offset > 0
            ? new Uint8Array(0)
            : new Pending((settle) => {
                wake = settle;
                return { cancel: () => undefined };
              }),
      })),
    },
  ];
  const root = new StaticDirectory({ ino: 1, mode: 0o755, entries });
  const mounts = new MountTable(everybodysFilesystem());
  fs = new FileSystemFacade(mounts, { now: () => 42n });
  fs.mkdirSync('/sys');
  mounts.mount('/sys', { type: 'sysfs', magic: 1, root, changes: new Changes() });
});

function thrown(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('facade', () => {
  it("throws errors of node's shape", () => {
    const error = thrown(() => fs.openSync('/none/é'));
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: 'ENOENT', errno: -2, syscall: 'open', path: '/none/é' });
    expect(String(error)).toBe("Error: ENOENT: no such file or directory, open '/none/é'");
    expect(thrown(() => fs.renameSync('/a', '/b'))).toMatchObject({ syscall: 'rename', path: '/a', dest: '/b' });
    expect(thrown(() => fs.readFileSync('/sys'))).toMatchObject({ code: 'EISDIR', syscall: 'read' });
    expect(thrown(() => fs.openSync('/f', 'q'))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(thrown(() => fs.openSync('/f\0'))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(thrown(() => fs.closeSync(99))).toMatchObject({ code: 'EBADF', syscall: 'close' });
  });

  it('reads and writes pseudo-files', () => {
    fs.writeFileSync('/sys/limit', '12\n');
    expect(fs.readFileSync('/sys/limit', 'utf8')).toBe('12');
    expect(limit).toBe(12);
    expect(thrown(() => fs.writeFileSync('/sys/limit', 'x'))).toMatchObject({ code: 'EINVAL', syscall: 'write' });
  });

  it('moves the position by reads, not by writes of files that say so', () => {
    const fd = fs.openSync('/sys/echo', 'r+');
    expect(fs.writeSync(fd, 'hello')).toBe(5);
    const buffer = Buffer.alloc(3);
    expect([fs.readSync(fd, buffer), String(buffer)]).toEqual([3, 'hel']);
    expect([fs.readSync(fd, buffer), String(buffer.subarray(0, 2))]).toEqual([2, 'lo']);
    expect(fs.readSync(fd, buffer, 0, 3, 1)).toBe(3);
    expect(String(buffer)).toBe('ell');
    expect(fs.readSync(fd, buffer)).toBe(0);
    fs.seekSync(fd, 4);
    expect(fs.readSync(fd, buffer)).toBe(1);
    expect(thrown(() => fs.writeSync(fd, 'again'))).toMatchObject({ code: 'EBUSY' });
    fs.closeSync(fd);
  });

  it('read, then write on one descriptor of a simple node is a partial write', () => {
    const fd = fs.openSync('/sys/limit', 'r+');
    expect([fs.writeSync(fd, '1'), fs.writeSync(fd, '2')]).toEqual([1, 1]);
    fs.readSync(fd, Buffer.alloc(1));
    expect(thrown(() => fs.writeSync(fd, '3'))).toMatchObject({ code: 'EINVAL' });
    expect(fs.writeSync(fd, '4', 0)).toBe(1);
    fs.closeSync(fd);
  });

  it('checks the access mode of descriptors', () => {
    const reader = fs.openSync('/sys/limit', 'r');
    const writer = fs.openSync('/sys/limit', 'w');
    expect([reader, writer]).toEqual([3, 4]);
    expect(thrown(() => fs.writeSync(reader, '1'))).toMatchObject({ code: 'EBADF' });
    expect(thrown(() => fs.readSync(writer, Buffer.alloc(1)))).toMatchObject({ code: 'EBADF' });
    expect(thrown(() => fs.ftruncateSync(reader))).toMatchObject({ code: 'EINVAL' });
    fs.closeSync(reader);
    expect(fs.openSync('/sys/limit')).toBe(3);
  });

  it('acts for another caller on the same descriptors', () => {
    const user = fs.as(USER);
    expect(thrown(() => user.openSync('/sys/limit', 'w'))).toMatchObject({ code: 'EACCES' });
    const fd = fs.openSync('/sys/limit', 'w');
    expect(user.writeSync(fd, '77')).toBe(2);
    expect(limit).toBe(77);
    expect(thrown(() => user.accessSync('/sys/limit', 2))).toMatchObject({ code: 'EACCES' });
    expect(thrown(() => user.chmodSync('/sys/limit', 0o666))).toMatchObject({ code: 'EPERM' });
    user.accessSync('/sys/limit', 4);
  });

  it('keeps ordinary files, with appending, truncation and non-ASCII names', () => {
    fs.writeFileSync('/ö', 'one');
    fs.appendFileSync('/ö', 'two');
    expect(fs.readFileSync('/ö', { encoding: 'utf8' })).toBe('onetwo');
    expect(fs.readFileSync('/ö')).toEqual(Buffer.from('onetwo'));
    fs.truncateSync('/ö', 4);
    expect(fs.statSync('/ö').size).toBe(4);
    expect(fs.readdirSync('/')).toContain('ö');
    const fd = fs.openSync('/ö', 'r+');
    fs.ftruncateSync(fd, 1);
    fs.writeSync(fd, 'XY');
    fs.writeSync(fd, 'Z');
    expect(fs.fstatSync(fd).size).toBe(3);
    expect(fs.readFileSync('/ö', 'latin1')).toBe('XYZ');
    expect(thrown(() => fs.writeFileSync('/ö', '', { flag: 'wx' }))).toMatchObject({ code: 'EEXIST' });
  });

  it('applies the umask and makes, links and removes names', () => {
    fs.mkdirSync('/dir');
    fs.writeFileSync('/dir/file', 'x', { mode: 0o666 });
    expect([fs.statSync('/dir').mode, fs.statSync('/dir/file').mode]).toEqual([0o040755, 0o100644]);
    fs.linkSync('/dir/file', '/hard');
    expect(fs.statSync('/hard').nlink).toBe(2);
    fs.symlinkSync('dir/file', '/soft');
    expect(fs.readlinkSync('/soft')).toBe('dir/file');
    expect([fs.lstatSync('/soft').isSymbolicLink(), fs.statSync('/soft').isFile()]).toEqual([true, true]);
    fs.renameSync('/hard', '/dir/other');
    expect(fs.readdirSync('/dir').sort()).toEqual(['file', 'other']);
    fs.unlinkSync('/dir/other');
    fs.unlinkSync('/dir/file');
    fs.rmdirSync('/dir');
    expect([fs.existsSync('/dir'), fs.existsSync('/soft')]).toEqual([false, false]);
  });

  it('stats with types and times', () => {
    const stats = fs.statSync('/sys/limit');
    expect([stats.isFile(), stats.isDirectory(), stats.size, stats.ino]).toEqual([true, false, 0, 2]);
    fs.chmodSync('/sys/limit', 0o600);
    fs.chownSync('/sys/limit', 7, -1);
    fs.utimesSync('/sys/limit', 1, 2.5);
    const changed = fs.statSync('/sys/limit');
    expect([changed.mode, changed.uid, changed.gid]).toEqual([0o100600, 7, 0]);
    expect([changed.atimeMs, changed.mtime.getTime()]).toEqual([1000, 2500]);
    expect(fs.statSync('/sys/limit', { bigint: true })).toMatchObject({ ctimeNs: 42n });
    const types = fs.readdirSync('/sys', { withFileTypes: true }).map((entry) => [entry.name, entry.isFile()]);
    expect(types).toEqual([
      ['limit', true],
      ['echo', true],
      ['events', true],
    ]);
  });

  it('has extended attributes', () => {
    fs.writeFileSync('/f', '');
    fs.setxattrSync('/f', 'security.label', 'a_label\0');
    expect(fs.getxattrSync('/f', 'security.label')).toEqual(Buffer.from('a_label\0'));
    expect(fs.listxattrSync('/f')).toEqual(['security.label']);
    expect(thrown(() => fs.setxattrSync('/f', 'security.label', '', 1))).toMatchObject({ code: 'EEXIST' });
    expect(thrown(() => fs.as(USER).removexattrSync('/f', 'security.label'))).toMatchObject({ code: 'EPERM' });
    fs.removexattrSync('/f', 'security.label');
    expect(thrown(() => fs.getxattrSync('/f', 'security.label'))).toMatchObject({ code: 'ENODATA' });
    expect(thrown(() => fs.getxattrSync('/sys/limit', 'user.x'))).toMatchObject({ code: 'EOPNOTSUPP' });
  });

  it('waits for an event only in the promise form', async () => {
    expect(thrown(() => fs.readFileSync('/sys/events'))).toMatchObject({ code: 'EAGAIN' });
    const content = nodeFs(fs).promises.readFile('/sys/events', 'utf8');
    wake?.(bytesOf('now'));
    await expect(content).resolves.toBe('now');
    const fd = fs.openSync('/sys/events');
    expect(thrown(() => fs.seekSync(fd, 0))).toMatchObject({ code: 'ESPIPE' });
    expect(thrown(() => fs.readSync(fd, Buffer.alloc(1), 0, 1, 0))).toMatchObject({ code: 'ESPIPE' });
  });

  it('rejects promises with the same errors', async () => {
    const { promises } = nodeFs(fs);
    await promises.writeFile('/sys/limit', '3');
    await expect(promises.readFile('/sys/limit', 'utf8')).resolves.toBe('3');
    await expect(promises.stat('/none')).rejects.toMatchObject({ code: 'ENOENT', syscall: 'stat' });
    await expect(promises.readdir('/sys')).resolves.toEqual(['limit', 'echo', 'events']);
  });
});
