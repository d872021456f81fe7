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
  readonly code: 'ERR_INVALID_ARG_VALUE' | 'ERR_INVALID_ARG_TYPE';

  constructor(message: string, code: ArgumentError['code'] = 'ERR_INVALID_ARG_VALUE') {
    super(message);
    this.code = code;
  }
}

/** An argument of a type that it cannot have, in node's words. */
export function wrongType(name: string, expected: string, received: unknown): ArgumentError {
  const what = received === null || received === undefined ? String(received) : `type ${typeof received}`;
  const text = `The "${name}" argument must be ${expected}. Received ${what}`;
  return new ArgumentError(text, 'ERR_INVALID_ARG_TYPE');
}

export function openFlags(flags: string | number): number {
  if (typeof flags === 'number') return flags;
  const known = Object.hasOwn(FLAGS, flags) ? FLAGS[flags] : undefined;
  if (known === undefined) throw new ArgumentError(`The argument 'flags' is invalid. Received '${flags}'`);
  return known;
}

/** The path as a byte string. */
export function pathBytes(path: PathLike): string {
  if (typeof path !== 'string' && !(path instanceof Uint8Array) && !(path instanceof URL))
    throw wrongType('path', 'of type string or an instance of Buffer or URL', path);
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
  | { readonly encoding?: BufferEncoding | 'buffer' | null | undefined };

/** `undefined` = bytes. */
export function encodingOf(option: EncodingOption): BufferEncoding | undefined {
  const encoding = typeof option === 'object' ? option?.encoding : option;
  return encoding === null || encoding === 'buffer' ? undefined : encoding;
}

/** A byte string as a name or a target is given back: text, unless the encoding is `buffer`. */
export function encodedName(name: string, option?: EncodingOption): string | Buffer {
  const encoding = typeof option === 'object' ? option?.encoding : option;
  const bytes = Buffer.from(name, 'latin1');
  return encoding === 'buffer' ? bytes : bytes.toString(encoding ?? 'utf8');
}

export type Data = string | ArrayBufferView;

export function dataBytes(data: Data, encoding?: BufferEncoding | null): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, encoding ?? 'utf8');
  if (!ArrayBuffer.isView(data))
    throw wrongType('data', 'of type string or an instance of Buffer, TypedArray, or DataView', data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Permission bits: a number, or octal digits. */
export type Mode = number | string | null | undefined;

export function modeBits(mode: Mode, otherwise = 0): number {
  if (mode === undefined || mode === null) return otherwise;
  if (typeof mode === 'number') return mode & 0o7777;
  if (!/^[0-7]+$/.test(mode)) throw new ArgumentError(`The argument 'mode' must be octal digits. Received '${mode}'`);
  return Number.parseInt(mode, 8) & 0o7777;
}

/** Seconds since the epoch, a date, or either as text. */
export type Time = number | string | Date;

export function nanoseconds(time: Time): bigint {
  const seconds = time instanceof Date ? time.getTime() / 1000 : Number(time);
  if (!Number.isFinite(seconds)) throw wrongType('time', 'a number of seconds or a Date', time);
  return BigInt(Math.round(seconds * 1e6)) * 1000n;
}

/** `null` and -1 = where the descriptor is. */
export function positionOf(position: number | bigint | null | undefined): number | undefined {
  const number = Number(position ?? -1);
  return number < 0 ? undefined : number;
}

export interface WriteFileOptions {
  readonly encoding?: BufferEncoding | null;
  readonly mode?: Mode;
  readonly flag?: string | number;
}

export interface ReadFileOptions {
  readonly encoding?: BufferEncoding | 'buffer' | null;
  readonly flag?: string | number;
}
