/**
 * The callback forms. Everything in the tree is synchronous, so they only change how results arrive: later, and errors as
 * first argument. What is wrong with the arguments themselves is thrown, as node does. A read is what really waits.
 */
import { promisify } from 'node:util';
import type { FileSystemFacade } from '../facade.ts';
import { ArgumentError, encodingOf, openFlags, type PathLike, type ReadFileOptions } from '../facade-arguments.ts';
import { checkCallback } from './composed.ts';

type Callback = (...results: unknown[]) => void;
type Synchronous = (...args: never[]) => unknown;
export type Later = (...args: unknown[]) => void;

const CHUNK = 64 * 1024;

/** The callback is what comes last, whatever may be left out before it. */
function split(args: readonly unknown[]): [args: unknown[], callback: Callback] {
  return [args.slice(0, -1), checkCallback(args.at(-1))];
}

/** @param shown what the callback gets besides, made of the arguments. */
export function later(call: Synchronous, shown: (args: readonly unknown[]) => unknown[] = () => []): Later {
  return (...all) => {
    const [args, callback] = split(all);
    const more = shown(args);
    let results: unknown[];
    try {
      const result = call(...(args as never[]));
      results = result === undefined ? [null, ...more] : [null, result, ...more];
    } catch (error) {
      if (error instanceof ArgumentError) throw error;
      results = more.length === 0 ? [error] : [error, 0, ...more];
    }
    queueMicrotask(() => callback(...results));
  };
}

/** Runs something that waits itself. */
function whenDone<T>(work: Promise<T>, callback: Callback, shown: (value: T) => unknown[]): void {
  work.then(
    (value) => queueMicrotask(() => callback(null, ...shown(value))),
    (error: unknown) => queueMicrotask(() => callback(error)),
  );
}

/** Parts of a read as node takes them: buffer, offset, length and position, or an object of these in any place after the descriptor. */
export interface ReadRequest {
  readonly buffer: Uint8Array;
  readonly offset: number;
  readonly length: number;
  readonly position: number | bigint | null;
}

export function readRequest(args: readonly unknown[]): ReadRequest {
  const [first, second, third, fourth] = args;
  const given = ArrayBuffer.isView(first)
    ? typeof second === 'object' && second !== null
      ? { buffer: first, ...second }
      : { buffer: first, offset: second, length: third, position: fourth }
    : ((first ?? {}) as Record<string, unknown>);
  const options = given as Partial<Omit<ReadRequest, 'buffer'>> & { buffer?: ArrayBufferView };
  const view = options.buffer ?? Buffer.alloc(CHUNK / 4);
  const buffer = view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const offset = options.offset ?? 0;
  return { buffer, offset, length: options.length ?? buffer.byteLength - offset, position: options.position ?? null };
}

export function readCallback(fs: FileSystemFacade): Later {
  return (fd, ...all) => {
    const [args, callback] = split(all);
    const { buffer, offset, length, position } = readRequest(args);
    const view = ArrayBuffer.isView(args[0]) ? args[0] : buffer;
    const work = fs.readLater(fd as number, length, position).then((data) => {
      buffer.set(data, offset);
      return data.length;
    });
    whenDone(work, callback, (count) => [count, view]);
  };
}

/** Waits for each part, for files whose reads may have to (event nodes). */
export function readFileCallback(fs: FileSystemFacade): Later {
  return (target, ...all) => {
    const [[given], callback] = split(all);
    const options = given as ReadFileOptions | BufferEncoding | null | undefined;
    const flag = (typeof options === 'object' ? options?.flag : undefined) ?? 'r';
    openFlags(flag);
    whenDone(wholeFile(fs, target as PathLike | number, flag), callback, (content) => {
      const wanted = encodingOf(options);
      return [wanted === undefined ? content : content.toString(wanted)];
    });
  };
}

async function wholeFile(fs: FileSystemFacade, target: PathLike | number, flag: string | number): Promise<Buffer> {
  const fd = typeof target === 'number' ? target : fs.openSync(target, flag);
  try {
    const chunks: Uint8Array[] = [];
    for (;;) {
      const data = await fs.readLater(fd, CHUNK);
      if (data.length === 0) return Buffer.concat(chunks);
      chunks.push(Uint8Array.from(data));
    }
  } finally {
    if (typeof target !== 'number') fs.closeSync(fd);
  }
}

/** util.promisify() gives an object of what the callback gets. */
export function promisified(call: Later, count: string, shown: string): Later {
  const custom = (...args: unknown[]) =>
    new Promise((resolve, reject) => {
      call(...args, (error: unknown, number: number, view: unknown) =>
        error ? reject(error) : resolve({ [count]: number, [shown]: view }),
      );
    });
  return Object.assign(call, { [promisify.custom]: custom });
}
