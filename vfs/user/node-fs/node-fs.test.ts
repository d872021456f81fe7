import * as node from 'node:fs';
import * as nodePromises from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { everybodysFilesystem } from '../../labelled/testing.ts';
import { NumberFile, StaticDirectory } from '../../pseudo/index.ts';
import { Changes } from '../../tree/changes.ts';
import { FileSystemFacade } from '../facade.ts';
import { MountTable } from '../mounts.ts';
import { USER } from '../testing.ts';
import { type NodeFs, nodeFs } from './index.ts';

let fs: NodeFs;

beforeEach(() => {
  const mounts = new MountTable(everybodysFilesystem());
  const limit = new NumberFile({ ino: 2, mode: 0o644 }, { read: () => 5, store: () => undefined });
  const root = new StaticDirectory({ ino: 1, mode: 0o755, entries: [{ name: 'limit', node: limit }] });
  mounts.mount('/sys', { type: 'sysfs', magic: 1, root, changes: new Changes() });
  fs = nodeFs(new FileSystemFacade(mounts));
});

function codeOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
  return undefined;
}

it('has all that node:fs and node:fs/promises have', () => {
  expect(Object.keys(node).filter((name) => !(name in fs))).toEqual([]);
  expect(Object.keys(nodePromises).filter((name) => !(name in fs.promises))).toEqual([]);
  expect([fs.default === fs, fs.promises.constants.O_CREAT]).toEqual([true, node.constants.O_CREAT]);
});

it('has the same functions again for another caller', () => {
  const { writeFileSync, readFileSync } = fs.as(USER);
  writeFileSync('/mine', 'text', { mode: '600' });
  expect([fs.statSync('/mine').mode & 0o777, fs.statSync('/mine').uid]).toEqual([0o600, USER.uid]);
  expect(readFileSync('/mine', 'utf8')).toBe('text');
  expect(codeOf(() => writeFileSync('/sys/limit', '6'))).toBe('EACCES');
});

describe('callbacks', () => {
  it('come later, with what node gives', async () => {
    const order: string[] = [];
    const done = new Promise<void>((resolve) => {
      fs.writeFile('/f', 'abc', (error) => {
        order.push(`written ${error}`);
        resolve();
      });
    });
    order.push('called');
    await done;
    expect(order).toEqual(['called', 'written null']);
    const fd = await promisify(fs.open)('/f', 'r+');
    const { bytesRead, buffer } = await promisify(fs.read)(fd, Buffer.alloc(2), 0, 2, 1);
    expect([bytesRead, String(buffer)]).toEqual([2, 'bc']);
    expect(await promisify(fs.write)(fd, 'XY', 1)).toMatchObject({ bytesWritten: 2, buffer: 'XY' });
    expect(await promisify(fs.exists)('/f')).toBe(true);
    await promisify(fs.close)(fd);
    expect(fs.readFileSync('/f', 'utf8')).toBe('aXY');
  });

  it('are required, and wrong arguments are thrown', () => {
    expect(codeOf(() => fs.readFile('/f', undefined as never))).toBe('ERR_INVALID_ARG_TYPE');
    expect(codeOf(() => fs.stat(7 as never, () => undefined))).toBe('ERR_INVALID_ARG_TYPE');
    expect(codeOf(() => fs.open('/f', 'q', () => undefined))).toBe('ERR_INVALID_ARG_VALUE');
  });

  it('tell of errors', async () => {
    const error = await new Promise((resolve) => fs.unlink('/none', resolve));
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'unlink', path: '/none' });
    await expect(promisify(fs.readFile)('/none')).rejects.toMatchObject({ code: 'ENOENT', syscall: 'open' });
  });
});

it('makes, lists and removes trees', () => {
  expect(fs.mkdirSync('/a/b/c', { recursive: true })).toBe('/a');
  expect(fs.mkdirSync('/a/b', { recursive: true })).toBeUndefined();
  expect(codeOf(() => fs.mkdirSync('/a'))).toBe('EEXIST');
  fs.writeFileSync('/a/b/f', '');
  fs.symlinkSync('b/f', '/a/link');
  expect(codeOf(() => fs.mkdirSync('/a/b/f', { recursive: true }))).toBe('EEXIST');
  expect(fs.readdirSync('/a', { recursive: true }).map(String).sort()).toEqual(['b', 'b/c', 'b/f', 'link']);
  const entries = fs.readdirSync('/a', { recursive: true, withFileTypes: true });
  expect(entries.find(({ name }) => name === 'f')?.parentPath).toBe('/a/b');
  const { globSync } = fs as unknown as { globSync(pattern: string): string[] }; // of newer types than ours
  expect(globSync('/a/**/f')).toEqual(['/a/b/f']);
  expect([fs.realpathSync('/a/link'), fs.realpathSync.native('/a/b/..')]).toEqual(['/a/b/f', '/a']);
  expect(codeOf(() => fs.rmSync('/a'))).toBe('ERR_FS_EISDIR');
  expect(codeOf(() => fs.rmSync('/none'))).toBe('ENOENT');
  fs.rmSync('/none', { force: true });
  fs.rmSync('/a/link');
  fs.rmSync('/a', { recursive: true });
  expect(fs.existsSync('/a')).toBe(false);
  const made = fs.mkdtempSync('/tmp-');
  expect(made).toMatch(/^\/tmp-[\w-]{6}$/);
  expect(fs.statSync(made).mode & 0o777).toBe(0o700);
});

it('copies files and trees, also those of other filesystems, as its caller', async () => {
  fs.mkdirSync('/from/below', { recursive: true });
  fs.writeFileSync('/from/below/f', 'content', { mode: 0o640 });
  fs.symlinkSync('/from/below/f', '/from/link');
  fs.cpSync('/from', '/to', { recursive: true });
  expect([fs.readFileSync('/to/below/f', 'utf8'), fs.statSync('/to/below/f').mode & 0o777]).toEqual(['content', 0o640]);
  expect(fs.readlinkSync('/to/link')).toBe('/from/below/f');
  await fs.promises.cp('/from', '/later', { recursive: true, filter: async (from) => !from.endsWith('link') });
  expect(fs.readdirSync('/later')).toEqual(['below']);
  fs.copyFileSync('/sys/limit', '/limit');
  expect(fs.readFileSync('/limit', 'utf8')).toBe('5');
  expect(codeOf(() => fs.copyFileSync('/limit', '/to/below/f', node.constants.COPYFILE_EXCL))).toBe('EEXIST');
  expect(codeOf(() => fs.as(USER).cpSync('/from', '/other', { recursive: true }))).toBe('EACCES');
  expect(fs.existsSync('/other/below/f')).toBe(false);
});

it('has streams', async () => {
  const written = fs.createWriteStream('/f');
  written.write('one ');
  await new Promise<void>((resolve) => {
    written.end('two', resolve);
  });
  expect(await text(fs.createReadStream('/f', { start: 4 }))).toBe('two');
  expect(new fs.ReadStream('/f' as never)).toBeInstanceOf(node.ReadStream);
  const failed = await new Promise((resolve) => fs.createReadStream('/none').on('error', resolve));
  expect(failed).toMatchObject({ code: 'ENOENT', path: '/none' });
});

it('has handles', async () => {
  const handle = await fs.promises.open('/f', 'w+');
  await handle.writeFile('line 1\nline 2\n');
  expect((await handle.stat()).size).toBe(14);
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
  expect([bytesRead, String(buffer)]).toEqual([4, 'line']);
  const lines: string[] = [];
  for await (const line of handle.readLines({ start: 0 })) lines.push(line);
  expect(lines).toEqual(['line 1', 'line 2']);
  await handle.close();
  await expect(fs.promises.stat('/f', { bigint: true })).resolves.toMatchObject({ size: 14n });
});

it('reads and writes several buffers', () => {
  const fd = fs.openSync('/f', 'w+');
  expect(fs.writevSync(fd, [Buffer.from('ab'), Uint8Array.of(99)])).toBe(3);
  const [first, second] = [Buffer.alloc(1), new DataView(new ArrayBuffer(8))];
  expect([fs.readvSync(fd, [first, second], 0), String(first), second.getUint8(1)]).toEqual([3, 'a', 99]);
  expect(fs.readSync(fd, Buffer.alloc(9), { position: 1 })).toBe(2);
  expect(fs.writeSync(fd, Buffer.from('xyz'), 1, 1, 0)).toBe(1);
  fs.fsyncSync(fd);
  fs.closeSync(fd);
  expect(codeOf(() => fs.fsyncSync(fd))).toBe('EBADF');
  expect(fs.readFileSync('/f', 'latin1')).toBe('ybc');
});

it('opens directories', async () => {
  fs.mkdirSync('/d');
  for (const name of ['one', 'two']) fs.writeFileSync(`/d/${name}`, '');
  const names: string[] = [];
  for await (const entry of await fs.promises.opendir('/d')) names.push(entry.name);
  expect(names).toEqual(['one', 'two']);
  const dir = fs.opendirSync('/d');
  expect([dir.path, dir.readSync()?.isFile(), (await dir.read())?.name, dir.readSync()]).toEqual([
    '/d',
    true,
    'two',
    null,
  ]);
  dir.closeSync();
  expect(codeOf(() => dir.readSync())).toBe('ERR_DIR_CLOSED');
});

it('stats as node: options, another device for each filesystem, statfs', () => {
  expect(fs.statSync('/none', { throwIfNoEntry: false })).toBeUndefined();
  expect(fs.statSync('/sys/limit').dev).not.toBe(fs.statSync('/').dev);
  expect([fs.statfsSync('/sys').type, fs.statfsSync('/sys', { bigint: true }).type]).toEqual([1, 1n]);
  fs.utimesSync('/', new Date(5000), '7');
  expect([fs.statSync('/').atimeMs, fs.statSync('/').mtime]).toEqual([5000, new Date(7000)]);
  expect(fs.readdirSync('/sys', 'buffer')).toEqual([Buffer.from('limit')]);
});

it('watches what is in memory, for who may read it', async () => {
  fs.mkdirSync('/d');
  const seen = new Promise((resolve) => {
    const watcher = fs.watch('/d', (event, name) => {
      watcher.close();
      resolve([event, name]);
    });
  });
  fs.writeFileSync('/d/new', '');
  expect(await seen).toEqual(['rename', 'new']);
  expect(codeOf(() => fs.watch('/sys/limit'))).toBe('ENOSYS');
  fs.writeFileSync('/secret', '', { mode: 0o600 });
  expect(codeOf(() => fs.as(USER).watch('/secret'))).toBe('EACCES');
  const changed = new Promise((resolve) => {
    fs.watchFile('/d/new', { interval: 1 }, (now) => {
      fs.unwatchFile('/d/new');
      resolve(now.size);
    });
  });
  fs.writeFileSync('/d/new', 'four');
  expect(await changed).toBe(4);
});
