/**
 * The file `active` of a namespace: ima_show_active() and ima_write_active() of the series on IMA namespaces.
 */
import { textOf, untilNul } from '../../../linux/bytes.ts';
import { E, type Errno, type Result } from '../../../linux/errno.ts';
import { type InodeInit, PseudoFile, readWhole } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Node } from '../../../vfs/tree/node.ts';

/** `1`, and a newline or a NUL. */
const LONGEST = 2;

export interface Activation {
  isActive(): boolean;
  activate(caller: Caller): Errno | undefined;
}

export function activationFile(init: InodeInit, { isActive, activate }: Activation): Node {
  const write = (data: Uint8Array, offset: number, caller: Caller): Result<number> => {
    if (isActive()) return E.EBUSY;
    if (data.length > LONGEST || offset !== 0) return E.EINVAL;
    if (!/^\+?0?1\n?$/.test(textOf(untilNul(data)))) return E.EINVAL;
    return activate(caller) ?? data.length;
  };
  return new PseudoFile(init, () => ({
    writeMovesPosition: false,
    read: readWhole(() => (isActive() ? '1\n' : '0\n')),
    write: (data, { offset }, caller) => write(data, offset, caller),
  }));
}
