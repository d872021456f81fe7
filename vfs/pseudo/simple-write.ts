/**
 * Files that take one short text per write: numbers, flags, and whatever else scans the text itself.
 *
 * The kernel's idiom (selinuxfs and others): a page or more is ENOMEM, a position other than 0 EINVAL ("no partial writes"), the text is
 * copied, then scanned; success takes the whole count and leaves the position. The errno of a write depends on where in this order a
 * node asks for permission, hence two places for that.
 */
import { type Content, untilNul } from '../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../linux/errno.ts';
import { PAGE_SIZE } from '../../linux/fs.ts';
import type { Caller } from '../tree/caller.ts';
import type { Handle, Position } from '../tree/node.ts';
import { PseudoFile, readWhole } from './file.ts';
import type { InodeInit } from './inode.ts';
import { scanInt, type scanUnsigned } from './scan.ts';

type Check = (caller: Caller) => Errno | undefined;

export interface SimpleWriteOptions {
  /** Content shown by read; absent = no read operation. */
  readonly read?: (caller: Caller) => Result<Content>;
  /** Asked before size and position are looked at. */
  readonly checkFirst?: Check;
  /** Asked when the text has been copied, before it is scanned. */
  readonly check?: Check;
  /** Scans and stores the text, which ends before its first NUL. */
  readonly store: (text: Uint8Array, caller: Caller) => Errno | undefined;
}

export class SimpleWriteFile extends PseudoFile {
  constructor(init: InodeInit, options: SimpleWriteOptions) {
    const handle: Handle = {
      writeMovesPosition: false,
      write: (data, at, caller) => simpleWrite(options, data, at, caller),
      ...(options.read === undefined ? {} : { read: readWhole(options.read) }),
    };
    super(init, () => handle);
  }
}

function simpleWrite(options: SimpleWriteOptions, data: Uint8Array, at: Position, caller: Caller): Result<number> {
  const refused = options.checkFirst?.(caller);
  if (refused !== undefined) return refused;
  if (data.length >= PAGE_SIZE) return E.ENOMEM;
  if (at.offset !== 0) return E.EINVAL;
  return options.check?.(caller) ?? options.store(untilNul(data), caller) ?? data.length;
}

export interface NumberOptions extends Omit<SimpleWriteOptions, 'read' | 'store'> {
  readonly read?: (caller: Caller) => Result<Content | number>;
  /** {@link scanInt} (default) or {@link scanUnsigned}. */
  readonly scan?: typeof scanInt | typeof scanUnsigned;
  readonly store: (value: number, caller: Caller) => Errno | undefined;
}

/** A decimal number. */
export class NumberFile extends SimpleWriteFile {
  constructor(init: InodeInit, options: NumberOptions) {
    const { read, scan = scanInt, store, ...checks } = options;
    super(init, {
      ...checks,
      ...(read === undefined ? {} : { read: (caller) => numberText(read(caller)) }),
      store: (text, caller) => {
        const value = scan(text);
        return value === undefined ? E.EINVAL : store(value, caller);
      },
    });
  }
}

function numberText(value: Result<Content | number>): Result<Content> {
  if (failed(value)) return value;
  return typeof value === 'number' ? String(value) : value;
}

export interface FlagOptions extends Omit<NumberOptions, 'read' | 'store'> {
  readonly read?: (caller: Caller) => boolean;
  readonly store: (value: boolean, caller: Caller) => Errno | undefined;
}

/** `0` or `1`; any other number written counts as 1. */
export class FlagFile extends NumberFile {
  constructor(init: InodeInit, options: FlagOptions) {
    const { read, store, ...rest } = options;
    super(init, {
      ...rest,
      ...(read === undefined ? {} : { read: (caller) => (read(caller) ? 1 : 0) }),
      store: (value, caller) => store(value !== 0, caller),
    });
  }
}
