/**
 * Streams: node's own, over the callback forms of a facade. node:fs is taken from the process, because a test that mocks
 * the module with a world would give us ourselves.
 */
import type * as NodeModule from 'node:fs';
import type { FileHandle } from './file-handle.ts';

type Callbacks = Record<string, (...args: never[]) => unknown>;
type StreamOptions = { readonly fd?: number | FileHandle } & Record<string, unknown>;

export interface Streams {
  readonly ReadStream: unknown;
  readonly WriteStream: unknown;
  createReadStream(path: string, options?: BufferEncoding | StreamOptions): NodeModule.ReadStream;
  createWriteStream(path: string, options?: BufferEncoding | StreamOptions): NodeModule.WriteStream;
}

const isHandle = (fd: unknown): fd is FileHandle => typeof fd === 'object' && fd !== null;

/** @param fs open, read, write, writev and close with callbacks. */
export function streams(fs: Callbacks): Streams {
  const { createReadStream, createWriteStream, ReadStream, WriteStream } = process.getBuiltinModule('node:fs');
  const withFiles = (options: BufferEncoding | StreamOptions | undefined): Record<string, unknown> => {
    const given: StreamOptions = typeof options === 'string' ? { encoding: options } : (options ?? {});
    const { fd } = given;
    if (!isHandle(fd)) return { ...given, fs };
    const close = (_: number, callback: (error: unknown) => void): void => {
      void fd.close().then(() => callback(null), callback);
    };
    return { ...given, fd: fd.fd, fs: { ...fs, close } };
  };
  const over = (Stream: typeof ReadStream | typeof WriteStream): unknown => {
    const Base = Stream as unknown as new (path: string, options: unknown) => object;
    return class extends Base {
      constructor(path: string, options?: BufferEncoding | StreamOptions) {
        super(path, withFiles(options));
      }
    };
  };
  return {
    ReadStream: over(ReadStream),
    WriteStream: over(WriteStream),
    createReadStream: (path, options) => createReadStream(path, withFiles(options)),
    createWriteStream: (path, options) => createWriteStream(path, withFiles(options)),
  };
}
