/**
 * memfs copies files and trees of any tree that has these parts: here those of a facade, so each step is one of its caller.
 */
import { copyFileCore, cpAsync, cpSync, getCpOptions, getValidCopyFileMode } from '@jsonjoy.com/fs-node/lib/cp.js';
import type { FileSystemFacade, StatOptions } from '../facade.ts';
import { type PathLike, pathText } from '../facade-arguments.ts';
import { mkdir } from './composed.ts';

interface Copying {
  copyFile(from: string, to: string, mode: number): void;
  readonly volume: Parameters<typeof cpSync>[0];
}

/** An open file as memfs's copyFileCore looks at it; the same object for the same file. */
interface OpenNode {
  readonly mode: number;
  isDirectory(): boolean;
  getSize(): number;
  getBuffer(): Buffer;
}

function copying(fs: FileSystemFacade): Copying {
  const nodes = new Map<string, OpenNode>();
  const node = (fd: number): OpenNode => {
    const stats = fs.fstatSync(fd);
    const key = `${stats.dev}:${stats.ino}`;
    let content: Buffer | undefined;
    // Files of procfs and its like have the size 0 and a content.
    const getBuffer = (): Buffer => {
      content ??= fs.readFileSync(fd);
      return content;
    };
    const known: OpenNode = nodes.get(key) ?? {
      mode: stats.mode,
      isDirectory: () => stats.isDirectory(),
      getSize: () => getBuffer().length,
      getBuffer,
    };
    nodes.set(key, known);
    return known;
  };
  const core = {
    open: (path: string, flags: number, mode: number) => fs.openSync(path, flags, mode),
    close: (fd: number) => fs.closeSync(fd),
    write: (fd: number, data: Buffer, offset: number, length: number) => fs.writeSync(fd, data, offset, length),
    ftruncate: (fd: number, size: number) => fs.ftruncateSync(fd, size),
    fchmod: (fd: number, mode: number) => {
      if ((fs.fstatSync(fd).mode & 0o7777) !== (mode & 0o7777)) fs.chmodSync(fd, mode);
    },
    unlink: (path: string) => fs.unlinkSync(path),
    getFileByFdOrThrow: (fd: number) => ({ node: node(fd) }),
  };
  const volume = {
    _core: core,
    statSync: (path: string, options?: StatOptions) => fs.statSync(path, options),
    lstatSync: (path: string, options?: StatOptions) => fs.lstatSync(path, options),
    existsSync: (path: string) => fs.existsSync(path),
    readdirSync: (path: string) => fs.readdirSync(path),
    readlinkSync: (path: string) => fs.readlinkSync(path),
    mkdirSync: (path: string, options?: { readonly recursive: boolean }) => mkdir(fs, path, options),
    chmodSync: (path: string, mode: number) => fs.chmodSync(path, mode),
    utimesSync: (path: string, atime: Date, mtime: Date) => fs.utimesSync(path, atime, mtime),
    symlinkSync: (target: string, path: string) => fs.symlinkSync(target, path),
    unlinkSync: (path: string) => fs.unlinkSync(path),
  };
  return {
    copyFile: (from, to, mode) => copyFileCore(core as unknown as Parameters<typeof copyFileCore>[0], from, to, mode),
    volume: volume as unknown as Copying['volume'],
  };
}

export function copyFile(fs: FileSystemFacade, from: PathLike, to: PathLike, mode?: number): void {
  copying(fs).copyFile(pathText(from), pathText(to), getValidCopyFileMode(mode));
}

type CopyOptions = Parameters<typeof getCpOptions>[0];

export function copyTree(fs: FileSystemFacade, from: PathLike, to: PathLike, options?: CopyOptions): void {
  cpSync(copying(fs).volume, pathText(from), pathText(to), getCpOptions(options));
}

/** Its filter may be asynchronous. */
export async function copyTreeLater(
  fs: FileSystemFacade,
  from: PathLike,
  to: PathLike,
  options?: CopyOptions,
): Promise<void> {
  await cpAsync(copying(fs).volume, pathText(from), pathText(to), getCpOptions(options));
}
