/**
 * What node:fs makes of several calls: vectors, directories with those above them, whole trees, names that are new.
 */
import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { E } from '../../../linux/errno.ts';
import type { FileSystemFacade, ReaddirOptions } from '../facade.ts';
import {
  type EncodingOption,
  encodedName,
  type Mode,
  type PathLike,
  pathBytes,
  pathText,
  wrongType,
} from '../facade-arguments.ts';
import { FileSystemError } from '../facade-error.ts';
import type { Dirent } from '../facade-stats.ts';

type Position = number | bigint | null | undefined;
type Views = readonly ArrayBufferView[];

/** @returns bytes of all; the first that is not filled, or not taken, is the last. */
function vector(views: Views, position: Position, transfer: (view: ArrayBufferView, at: Position) => number): number {
  let total = 0;
  for (const view of views) {
    const at = position === undefined || position === null ? undefined : Number(position) + total;
    const count = transfer(view, at);
    total += count;
    if (count < view.byteLength) break;
  }
  return total;
}

const bytes = (view: ArrayBufferView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

export function readv(fs: FileSystemFacade, fd: number, views: Views, position?: Position): number {
  return vector(views, position, (view, at) => fs.readSync(fd, bytes(view), 0, view.byteLength, at ?? null));
}

export function writev(fs: FileSystemFacade, fd: number, views: Views, position?: Position): number {
  return vector(views, position, (view, at) => fs.writeSync(fd, bytes(view), 0, view.byteLength, at ?? null));
}

interface MkdirOptions {
  readonly mode?: Mode;
  readonly recursive?: boolean;
}

/** @returns the first directory that was made, where those above are made, too. */
export function mkdir(fs: FileSystemFacade, path: PathLike, options?: MkdirOptions | Mode): string | undefined {
  if (typeof options !== 'object' || options?.recursive !== true) {
    fs.mkdirSync(path, options);
    return undefined;
  }
  const missing: string[] = [];
  let here = posix.resolve('/', pathText(path));
  for (; fs.statSync(here, { throwIfNoEntry: false }) === undefined; here = posix.dirname(here)) missing.push(here);
  if (missing.length === 0 && !fs.statSync(here).isDirectory()) throw new FileSystemError(E.EEXIST, 'mkdir', here);
  for (const directory of missing.toReversed()) fs.mkdirSync(directory, options);
  return missing.at(-1);
}

export function mkdtemp(fs: FileSystemFacade, prefix: PathLike, options?: EncodingOption): string | Buffer {
  const path = `${pathText(prefix)}${randomBytes(4).toString('base64url')}`;
  fs.mkdirSync(path, 0o700);
  return encodedName(pathBytes(path), options);
}

export interface RmOptions {
  readonly force?: boolean;
  readonly recursive?: boolean;
}

export function rm(fs: FileSystemFacade, path: PathLike, { force = false, recursive = false }: RmOptions = {}): void {
  const stats = fs.lstatSync(path, { throwIfNoEntry: !force });
  if (stats === undefined) return;
  if (!stats.isDirectory()) fs.unlinkSync(path);
  else if (recursive) removeTree(fs, pathText(path));
  else throw directoryError(pathText(path));
}

/** As node: no errno of a system call. */
function directoryError(path: string): Error {
  const error = new Error(`Path is a directory: rm returned EISDIR (is a directory) ${path}`);
  const { number } = E.EISDIR;
  return Object.assign(error, { name: 'SystemError', code: 'ERR_FS_EISDIR', errno: number, syscall: 'rm', path });
}

function removeTree(fs: FileSystemFacade, path: string): void {
  for (const entry of fs.readdirSync(path, { withFileTypes: true })) {
    const child = posix.join(path, String(entry.name));
    if (entry.isDirectory()) removeTree(fs, child);
    else fs.unlinkSync(child);
  }
  fs.rmdirSync(path);
}

export interface ListOptions extends ReaddirOptions {
  readonly recursive?: boolean;
}

export function readdir(
  fs: FileSystemFacade,
  path: PathLike,
  options?: ListOptions | BufferEncoding | 'buffer' | null,
): (string | Buffer | Dirent)[] {
  if (typeof options !== 'object' || options?.recursive !== true) return fs.readdirSync(path, options);
  const below = (directory: string): Dirent[] =>
    fs.readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      const name = posix.join(directory, String(entry.name));
      return entry.isDirectory() ? [entry, ...below(name)] : [entry];
    });
  const root = pathText(path);
  const entries = below(root);
  if (options.withFileTypes === true) return entries;
  return entries.map(({ name, parentPath }) => posix.relative(root, posix.join(parentPath, String(name))));
}

export function checkCallback(callback: unknown): (...results: unknown[]) => void {
  if (typeof callback === 'function') return callback as (...results: unknown[]) => void;
  throw wrongType('cb', 'of type function', callback);
}
