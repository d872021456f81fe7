/**
 * Files of tasks for who is no task: the kernel's own opens, reads and writes there are those of one of them, which is
 * what `self` leads to.
 */
import { failed, type Result } from '../../../linux/errno.ts';
import { type Caller, KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { AttributeChange, Handle } from '../../../vfs/tree/node.ts';
import { sameBase, TwinTree } from '../../../vfs/tree/twin.ts';

/** Who acts for a caller. */
export type Acting = (caller: Caller) => Caller;

/** @param task for the kernel; it is asked for when it is first needed. */
export function actingFor(task: () => Caller): Acting {
  return (caller) => (caller.tid === KERNEL_CALLER.tid ? task() : caller);
}

export function actedBy(inner: Filesystem, acting: Acting): Filesystem {
  const handle = (opened: Result<Handle>): Result<Handle> => {
    if (failed(opened)) return opened;
    const { read, write } = opened;
    return {
      ...opened,
      ...(read && { read: (length, at, caller) => read.call(opened, length, at, acting(caller)) }),
      ...(write && { write: (data, at, caller) => write.call(opened, data, at, acting(caller)) }),
    };
  };
  return new TwinTree(inner, {
    base: (node) => ({
      ...sameBase(node),
      ...(node.setAttributes && {
        setAttributes: (change: AttributeChange, caller: Caller) => node.setAttributes?.(change, caller),
      }),
    }),
    directory: (node) => ({
      openDirectory: (flags, caller) => node.openDirectory?.(flags, acting(caller)),
    }),
    file: (node) => ({ open: (flags, caller) => handle(node.open(flags, acting(caller))) }),
  }).filesystem;
}
