/**
 * A facade as the module node:fs: every function that the module has, bound, in its synchronous, callback and promise
 * forms, so that it can stand in for it: `vi.mock('node:fs', () => world.fs)`. What nothing in a tree could answer is
 * said at the function.
 */
import type * as NodeModule from 'node:fs';
import { promisify } from 'node:util';
import { FsPromises, globSync, globWalk } from '@jsonjoy.com/fs-node';
import { constants } from '@jsonjoy.com/fs-node-utils';
import type { Caller } from '../../tree/caller.ts';
import type { FileSystemFacade, Target } from '../facade.ts';
import { type Data, type Mode, nanoseconds, type PathLike, type Time } from '../facade-arguments.ts';
import { Dirent, Stats } from '../facade-stats.ts';
import { type Later, later, promisified, readCallback, readFileCallback, readRequest } from './callbacks.ts';
import * as composed from './composed.ts';
import { copyFile, copyTree, copyTreeLater } from './copying.ts';
import { Dir } from './dir.ts';
import { FileHandle } from './file-handle.ts';
import { streams } from './streams.ts';
import { PolledFiles, watch } from './watching.ts';

/** Beyond node:fs: extended attributes, lseek(2), the same files as another caller sees them. */
export interface ExtraFunctions {
  getxattrSync(target: Target, name: string): Buffer;
  /** `flags`: XATTR_CREATE 1, XATTR_REPLACE 2. */
  setxattrSync(target: Target, name: string, value: Data, flags?: number): void;
  listxattrSync(target: Target): string[];
  removexattrSync(target: Target, name: string): void;
  /** lseek(fd, position, SEEK_SET). */
  seekSync(fd: number, position: number): number;
  /** The same tree and descriptors, used by another caller. */
  as(caller: Caller): NodeFs;
}

/**
 * The module node:fs over a tree. `default` is itself, for `import fs from 'node:fs'`.
 * @public
 */
export type NodeFs = typeof NodeModule & ExtraFunctions & { readonly default: NodeFs };

type Forms = Record<string, (...args: never[]) => unknown>;

function synchronous(fs: FileSystemFacade): Forms {
  const write = (fd: number, data: Data, first?: unknown, second?: unknown, third?: number | null): number => {
    if (typeof first !== 'object' || first === null) return fs.writeSync(fd, data, first as number, second, third);
    const { offset, length, position } = first as { offset?: number; length?: number; position?: number };
    return fs.writeSync(fd, data, offset, length, position);
  };
  const realpath = fs.realpathSync.bind(fs);
  return {
    accessSync: fs.accessSync.bind(fs),
    appendFileSync: fs.appendFileSync.bind(fs),
    chmodSync: (path: PathLike, mode: Mode) => fs.chmodSync(path, mode),
    chownSync: fs.chownSync.bind(fs),
    closeSync: fs.closeSync.bind(fs),
    copyFileSync: copyFile.bind(undefined, fs),
    cpSync: copyTree.bind(undefined, fs),
    existsSync: fs.existsSync.bind(fs),
    fchmodSync: (fd: number, mode: Mode) => fs.chmodSync(fd, mode),
    fchownSync: (fd: number, uid: number, gid: number) => fs.chownSync(fd, uid, gid),
    fdatasyncSync: fs.fsyncSync.bind(fs),
    fstatSync: fs.fstatSync.bind(fs),
    fsyncSync: fs.fsyncSync.bind(fs),
    ftruncateSync: fs.ftruncateSync.bind(fs),
    futimesSync: (fd: number, atime: Time, mtime: Time) => fs.utimesSync(fd, atime, mtime),
    globSync: (pattern: string | string[], options?: object) => globSync(fs as never, pattern, options),
    /** Links have no mode on Linux. */
    lchmodSync: (path: PathLike, mode: Mode) => fs.chmodSync(path, mode),
    lchownSync: fs.lchownSync.bind(fs),
    linkSync: fs.linkSync.bind(fs),
    lstatSync: fs.lstatSync.bind(fs),
    lutimesSync: fs.lutimesSync.bind(fs),
    mkdirSync: composed.mkdir.bind(undefined, fs),
    mkdtempSync: composed.mkdtemp.bind(undefined, fs),
    openSync: fs.openSync.bind(fs),
    opendirSync: (path: PathLike, options?: composed.ListOptions) => new Dir(fs, path, options),
    readFileSync: fs.readFileSync.bind(fs),
    readSync: (fd: number, ...args: unknown[]) => {
      const { buffer, offset, length, position } = readRequest(args);
      return fs.readSync(fd, buffer, offset, length, position);
    },
    readdirSync: composed.readdir.bind(undefined, fs),
    readlinkSync: fs.readlinkSync.bind(fs),
    readvSync: composed.readv.bind(undefined, fs),
    realpathSync: Object.assign(realpath, { native: realpath }),
    renameSync: fs.renameSync.bind(fs),
    rmSync: composed.rm.bind(undefined, fs),
    rmdirSync: (path: PathLike, options?: composed.RmOptions) =>
      options?.recursive === true ? composed.rm(fs, path, options) : fs.rmdirSync(path),
    statSync: fs.statSync.bind(fs),
    statfsSync: fs.statfsSync.bind(fs),
    symlinkSync: fs.symlinkSync.bind(fs),
    truncateSync: (target: Target, size?: number | null) =>
      typeof target === 'number' ? fs.ftruncateSync(target, size) : fs.truncateSync(target, size),
    unlinkSync: fs.unlinkSync.bind(fs),
    utimesSync: fs.utimesSync.bind(fs),
    writeFileSync: fs.writeFileSync.bind(fs),
    writeSync: write,
    writevSync: composed.writev.bind(undefined, fs),
  };
}

function withCallbacks(fs: FileSystemFacade, sync: Forms): Record<string, Later> {
  const forms = Object.entries(sync).map(([name, call]): [string, Later] => [
    name.slice(0, -'Sync'.length),
    later(call),
  ]);
  const all = Object.fromEntries(forms);
  const exists: Later = (path, callback) => {
    const found = fs.existsSync(path as PathLike);
    queueMicrotask(() => composed.checkCallback(callback)(found));
  };
  const whether = async (path: PathLike): Promise<boolean> => fs.existsSync(path);
  const second = ([, value]: readonly unknown[]): unknown[] => [value];
  const realpath = later(sync.realpathSync ?? fs.realpathSync);
  return {
    ...all,
    realpath: Object.assign(realpath, { native: realpath }),
    exists: Object.assign(exists, { [promisify.custom]: whether }),
    read: promisified(readCallback(fs), 'bytesRead', 'buffer'),
    readFile: readFileCallback(fs),
    readv: promisified(later(composed.readv.bind(undefined, fs), second), 'bytesRead', 'buffers'),
    write: promisified(later(sync.writeSync ?? fs.writeSync, second), 'bytesWritten', 'buffer'),
    writev: promisified(later(composed.writev.bind(undefined, fs), second), 'bytesWritten', 'buffers'),
    cp: (...args) => {
      const callback = composed.checkCallback(args.at(-1));
      const [from, to, options] = args.slice(0, -1) as [PathLike, PathLike, object?];
      copyTreeLater(fs, from, to, options).then(() => callback(null), callback);
    },
    glob: (pattern, ...rest) => {
      const callback = composed.checkCallback(rest.at(-1));
      const options = rest.length > 1 ? rest[0] : undefined;
      later(() => [...globWalk(fs as never, pattern as string, options as never)])(callback);
    },
  };
}

/** What node:fs/promises exports. */
function promised(callbacks: Record<string, Later>): Record<string, unknown> {
  const made = new FsPromises(callbacks as never, FileHandle as never);
  const { fs: _fs, FileHandle: _handle, ...functions } = made as unknown as Record<string, unknown>;
  const exported: Record<string, unknown> = { ...functions, constants };
  exported.default = exported;
  return exported;
}

export function nodeFs(fs: FileSystemFacade): NodeFs {
  const sync = synchronous(fs);
  const callbacks = withCallbacks(fs, sync);
  const polled = new PolledFiles(fs);
  const watching = { watch: watch.bind(undefined, fs) };
  const { ReadStream, WriteStream, createReadStream, createWriteStream } = streams(callbacks as never);
  Object.assign(callbacks, watching, { createReadStream, createWriteStream });
  const { F_OK, R_OK, W_OK, X_OK } = constants;
  const all: Record<string, unknown> = {
    ...sync,
    ...callbacks,
    ...watching,
    watchFile: polled.watchFile.bind(polled),
    unwatchFile: polled.unwatchFile.bind(polled),
    createReadStream,
    createWriteStream,
    openAsBlob: async (path: PathLike, options?: { readonly type?: string }) =>
      new Blob([Uint8Array.from(fs.readFileSync(path))], options),
    _toUnixTimestamp: (time: Time) => Number(nanoseconds(time)) / 1e9,
    Stats,
    Dirent,
    Dir,
    ReadStream,
    WriteStream,
    FileReadStream: ReadStream,
    FileWriteStream: WriteStream,
    F_OK,
    R_OK,
    W_OK,
    X_OK,
    constants,
    promises: promised(callbacks),
    getxattrSync: fs.getxattrSync.bind(fs),
    setxattrSync: fs.setxattrSync.bind(fs),
    listxattrSync: fs.listxattrSync.bind(fs),
    removexattrSync: fs.removexattrSync.bind(fs),
    seekSync: fs.seekSync.bind(fs),
    as: (caller: Caller) => nodeFs(fs.as(caller)),
  };
  all.default = all;
  return all as unknown as NodeFs;
}
