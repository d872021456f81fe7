/**
 * The storage of a labelled tree: the part of node:fs that it needs. node's own `fs` and memfs both have this shape.
 */
import { E, Errno, type Result } from '../../linux/errno.ts';

export interface BackendStats {
  readonly ino: bigint;
  readonly mode: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
  readonly size: bigint;
  readonly nlink: bigint;
  readonly rdev: bigint;
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

export interface Backend {
  lstatSync(path: Buffer, options: { bigint: true }): BackendStats;
  fstatSync(fd: number, options: { bigint: true }): BackendStats;
  readdirSync(path: Buffer, options: { encoding: 'buffer' }): Buffer[];
  readlinkSync(path: Buffer, options: { encoding: 'buffer' }): Buffer;
  openSync(path: Buffer, flags: number, mode?: number): number;
  closeSync(fd: number): void;
  readSync(fd: number, buffer: Uint8Array, offset: number, length: number, position: number): number;
  writeSync(fd: number, data: Uint8Array, offset: number, length: number, position: number): number;
  mkdirSync(path: Buffer, mode: number): unknown;
  rmdirSync(path: Buffer): void;
  unlinkSync(path: Buffer): void;
  renameSync(from: Buffer, to: Buffer): void;
  linkSync(existing: Buffer, path: Buffer): void;
  symlinkSync(target: Buffer, path: Buffer): void;
  chmodSync(path: Buffer, mode: number): void;
  lchownSync(path: Buffer, uid: number, gid: number): void;
  truncateSync(path: Buffer, size: number): void;
  ftruncateSync(fd: number, size: number): void;
  lutimesSync(path: Buffer, atime: number, mtime: number): void;
}

/** Runs a backend call; what it throws becomes a value, `EIO` when it is not an errno we know. */
export function attempt<T>(call: () => T): Result<T> {
  try {
    return call();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return typeof code === 'string' && Object.hasOwn(E, code) ? E[code as Errno['code']] : E.EIO;
  }
}

/** The same for calls without a value. */
export function attemptVoid(call: () => unknown): Errno | undefined {
  const result = attempt(call);
  return result instanceof Errno ? result : undefined;
}
