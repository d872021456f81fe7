/**
 * The argument forms of node:fs: paths, open flags, data and encodings.
 */
import { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from '../../linux/fcntl.ts';

export type PathLike = string | Uint8Array | URL;

const FLAGS: Readonly<Record<string, number>> = {
  r: O_RDONLY,
  rs: O_RDONLY,
  'r+': O_RDWR,
  'rs+': O_RDWR,
  w: O_WRONLY | O_CREAT | O_TRUNC,
  wx: O_WRONLY | O_CREAT | O_TRUNC | O_EXCL,
  'w+': O_RDWR | O_CREAT | O_TRUNC,
  'wx+': O_RDWR | O_CREAT | O_TRUNC | O_EXCL,
  a: O_WRONLY | O_CREAT | O_APPEND,
  ax: O_WRONLY | O_CREAT | O_APPEND | O_EXCL,
  'a+': O_RDWR | O_CREAT | O_APPEND,
  'ax+': O_RDWR | O_CREAT | O_APPEND | O_EXCL,
};

/** A wrong argument is the programmer's mistake, as in node: a TypeError, not an errno. */
export class ArgumentError extends TypeError {
  readonly code = 'ERR_INVALID_ARG_VALUE';
}

export function openFlags(flags: string | number): number {
  if (typeof flags === 'number') return flags;
  const known = Object.hasOwn(FLAGS, flags) ? FLAGS[flags] : undefined;
  if (known === undefined) throw new ArgumentError(`The argument 'flags' is invalid. Received '${flags}'`);
  return known;
}

/** The path as a byte string. */
export function pathBytes(path: PathLike): string {
  const text = path instanceof URL ? decodeURIComponent(path.pathname) : path;
  const bytes = (typeof text === 'string' ? Buffer.from(text) : Buffer.from(text)).toString('latin1');
  if (bytes.includes('\0')) throw new ArgumentError("The argument 'path' must be without null bytes");
  return bytes;
}

/** The path as shown in an error. */
export function pathText(path: PathLike): string {
  return nameText(pathBytes(path));
}

/** A byte string as the text that node shows for it. */
export function nameText(name: string): string {
  return Buffer.from(name, 'latin1').toString('utf8');
}

export type EncodingOption =
  | BufferEncoding
  | 'buffer'
  | null
  | undefined
  | { readonly encoding?: BufferEncoding | null };

export function encodingOf(option: EncodingOption): BufferEncoding | undefined {
  const encoding = typeof option === 'object' ? option?.encoding : option;
  return encoding === null || encoding === 'buffer' ? undefined : encoding;
}

export function dataBytes(data: string | Uint8Array, encoding: BufferEncoding = 'utf8'): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data, encoding) : data;
}

export interface WriteFileOptions {
  readonly encoding?: BufferEncoding;
  readonly mode?: number;
  readonly flag?: string | number;
}
