/**
 * A sysctl that holds one int, under /proc/sys.
 *
 * Model: proc_dointvec_minmax() of kernel/sysctl.c, Linux 6.12, recorded. A read must start at position 0, anything later is the end of the
 * file; a write at another position is taken and ignored (sysctl_writes_strict=1). Numbers are in C notation without a
 * plus sign, followed by nothing or white space; what follows a first number is left unread, so the count returned can
 * be short.
 */

import { bytesOf, slice } from '../../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import { PAGE_SIZE } from '../../../linux/fs.ts';
import { type InodeInit, PseudoFile } from '../../../vfs/pseudo/index.ts';
import { isSpace } from '../../../vfs/pseudo/scan.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AttributeChange } from '../../../vfs/tree/node.ts';

export interface SysctlIntOptions {
  readonly read: () => number;
  /** Asked on each write before anything else. */
  readonly check?: (caller: Caller) => Errno | undefined;
  /** The range accepted at this moment. */
  readonly range: () => { readonly min: number; readonly max: number };
  readonly store: (value: number) => void;
}

export class SysctlInt extends PseudoFile {
  constructor(init: InodeInit, options: SysctlIntOptions) {
    super(init, () => ({
      writeMovesPosition: true,
      read: (length, { offset }) => slice(bytesOf(offset === 0 ? `${options.read()}\n` : ''), length, 0),
      write: (data, { offset }, caller) => write(options, data, offset, caller),
    }));
  }

  /** proc_sys_setattr(): neither mode nor owner can be changed. */
  override setAttributes(change: AttributeChange): Errno | undefined {
    return change.mode === undefined && change.uid === undefined && change.gid === undefined ? undefined : E.EPERM;
  }
}

function write(options: SysctlIntOptions, data: Uint8Array, offset: number, caller: Caller): Result<number> {
  const refused = options.check?.(caller);
  if (refused !== undefined) return refused;
  if (offset !== 0 || data.length === 0) return data.length;
  const scanned = scanSysctlInt(data.subarray(0, PAGE_SIZE - 1));
  if (failed(scanned)) return scanned;
  const { min, max } = options.range();
  if (scanned.value < min || scanned.value > max) return E.EINVAL;
  options.store(scanned.value);
  return data.length - scanned.left;
}

/** Longest number looked at, sign included (TMPBUFLEN - 1); one that fills it could go on, so it is refused. */
const NUMBER_LIMIT = 21;
const INT_MAX = 2n ** 31n - 1n;

/** @returns the number and how many bytes after it and the white space that follows were left unread. */
export function scanSysctlInt(data: Uint8Array): Result<{ readonly value: number; readonly left: number }> {
  let at = 0;
  while (isSpace(data[at])) at++;
  const window = Buffer.from(data.subarray(at, at + NUMBER_LIMIT)).toString('latin1');
  const match = /^(-?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/.exec(window);
  if (match === null) return E.EINVAL;
  const [text, sign, digits = ''] = match;
  if (text.length === NUMBER_LIMIT) return E.EINVAL;
  at += text.length;
  const next = data[at];
  if (next !== undefined && next !== 0x20 && next !== 0x09 && next !== 0x0a) return E.EINVAL;
  const magnitude = BigInt(/^0[0-7]/.test(digits) ? `0o${digits}` : digits);
  if (magnitude > (sign === '-' ? INT_MAX + 1n : INT_MAX)) return E.EINVAL;
  while (isSpace(data[at])) at++;
  return { value: Number(sign === '-' ? -magnitude : magnitude), left: data.length - at };
}
