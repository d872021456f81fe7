/** Dir of node:fs: a directory that was listed when it was opened. */
import type { FileSystemFacade } from '../facade.ts';
import { type PathLike, pathText } from '../facade-arguments.ts';
import type { Dirent } from '../facade-stats.ts';
import { checkCallback, type ListOptions, readdir } from './composed.ts';

type ReadCallback = (error: Error | null, entry?: Dirent | null) => void;

export class Dir {
  readonly path: string;
  readonly #entries: Dirent[];
  #closed = false;

  constructor(fs: FileSystemFacade, path: PathLike, options?: ListOptions | BufferEncoding | null) {
    this.path = pathText(path);
    const given = typeof options === 'string' ? { encoding: options } : options;
    this.#entries = readdir(fs, path, { ...given, withFileTypes: true }) as Dirent[];
  }

  readSync(): Dirent | null {
    this.#check();
    return this.#entries.shift() ?? null;
  }

  read(): Promise<Dirent | null>;
  read(callback: ReadCallback): void;
  read(callback?: ReadCallback): Promise<Dirent | null> | undefined {
    const entry = this.readSync();
    return answered(entry, callback);
  }

  closeSync(): void {
    this.#check();
    this.#closed = true;
  }

  close(): Promise<void>;
  close(callback: (error: Error | null) => void): void;
  close(callback?: (error: Error | null) => void): Promise<void> | undefined {
    this.closeSync();
    return answered(undefined, callback);
  }

  async *entries(): AsyncGenerator<Dirent> {
    try {
      for (let entry = this.readSync(); entry !== null; entry = this.readSync()) yield entry;
    } finally {
      this.closeSync();
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Dirent> {
    return this.entries();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) this.closeSync();
  }

  [Symbol.dispose](): void {
    if (!this.#closed) this.closeSync();
  }

  #check(): void {
    if (this.#closed) throw Object.assign(new Error('Directory handle was closed'), { code: 'ERR_DIR_CLOSED' });
  }
}

function answered<T>(value: T, callback: unknown): Promise<T> | undefined {
  if (callback === undefined) return Promise.resolve(value);
  const call = checkCallback(callback);
  queueMicrotask(() => call(null, value));
  return undefined;
}
