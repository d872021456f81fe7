/**
 * On behalf of a caller: a write(2) of zero bytes on a file that is open already.
 *
 * Model: a supervisor answers a system call of a thread, the caller. It has a copy of the caller's descriptor, but a FUSE request made with
 * it has the id of the supervisor thread. Therefore an ioctl of our own carries the caller's ids, as the header of a FUSE
 * request does (thread in our pid namespace, filesystem uid and gid), and the file position. Only threads of the serving
 * process may use it: for others the ioctl fails with ENOTTY.
 */
import { type Tid, tidOf } from '../../linux/ids.ts';
import { layout } from './layout.ts';

/** _IOW('L', 0xf5, struct of 24 bytes). */
export const FORWARD_WRITE_COMMAND = 0x40184cf5;

export interface ForwardedWrite {
  readonly caller: { readonly tid: Tid; readonly uid: number; readonly gid: number };
  /** File position. */
  readonly offset: number;
}

const { at } = layout({ tid: 'u32', uid: 'u32', gid: 'u32', padding: 'u32', offset: 'u64' });

/** Writes the argument of the command to the start of `view`. */
export function putForwardedWrite(view: DataView, { caller, offset }: ForwardedWrite): void {
  view.setUint32(at.tid, caller.tid, true);
  view.setUint32(at.uid, caller.uid, true);
  view.setUint32(at.gid, caller.gid, true);
  view.setUint32(at.padding, 0, true);
  view.setBigUint64(at.offset, BigInt.asUintN(64, BigInt(offset)), true);
}

/** @param start of the argument in `source`. Throws RangeError when it is too short. */
export function forwardedWriteIn(
  source: { u32(offset: number): number; u64(offset: number): number },
  start: number,
): ForwardedWrite {
  const caller = {
    tid: tidOf(source.u32(start + at.tid)),
    uid: source.u32(start + at.uid),
    gid: source.u32(start + at.gid),
  };
  return { caller, offset: source.u64(start + at.offset) };
}
