/**
 * One file of /proc/<pid>/attr as a node: attributes, open, read and write.
 *
 * Everything a descriptor remembers is the address space seen at open; values are fetched anew by each read, and a write must start at
 * position 0 and does not move it (fs/proc/base.c of Linux 6.12).
 */

import { slice } from '../../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import { openMask } from '../../../linux/fs.ts';
import { type InodeNumbers, PseudoFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AttributeChange, Attributes, Handle } from '../../../vfs/tree/node.ts';
import { checkAccess } from '../../../vfs/tree/permission.ts';
import type { PathSecurity } from '../files/path-security.ts';
import type { Task } from '../task.ts';
import type { AttrDispatch, AttrFile, AttrHost } from './attr.ts';

/** What all nodes of one attr tree share. */
export interface AttrNodeContext {
  readonly host: AttrHost;
  readonly dispatch: AttrDispatch;
  readonly numbers: InodeNumbers;
  readonly paths: Pick<PathSecurity, 'open'>;
  /** Times of all nodes, nanoseconds since the epoch. */
  readonly time: bigint;
  /** On whose behalf an open by `caller` is made; `undefined` when that thread is gone. */
  opener(caller: Caller): Caller | undefined;
}

/** procfs lets owners and times be set, to no effect here, but never the mode. */
export function refuseMode(change: AttributeChange): Errno | undefined {
  return change.mode === undefined ? undefined : E.EPERM;
}

/** A file in the attr directory that a module serves by itself. */
export interface OwnAttrFile {
  readonly name: string;
  /** In this directory there, which is the module's; absent = beside the files of all modules. */
  readonly directory?: string;
  readonly mode: number;
  /** Of this task. It is alive whenever the handle is used. */
  open(target: Task, flags: number, opener: Caller): Result<Handle>;
}

export class AttrFileNode extends PseudoFile {
  /** procfs, too, finds out the owner when the name is looked up (pid_revalidate of fs/proc/base.c). */
  override readonly keepsAttributesForCall = true;
  readonly #context: AttrNodeContext;
  readonly #target: Task;

  /** @param path from the root: `/proc/1/attr/current`. */
  constructor(context: AttrNodeContext, target: Task, mode: number, path: string, open: OwnAttrFile['open']) {
    super({ ino: context.numbers.next(), mode, time: context.time }, (flags, caller) => {
      const opener = context.opener(caller);
      if (opener === undefined) return E.ESRCH;
      // The transport has checked the mode bits against whoever called; a supervisor's are not the opener's.
      const refused = opener === caller ? undefined : checkAccess(this, openMask(flags), opener);
      if (refused !== undefined) return refused;
      return context.paths.open({ ...this.attributes(opener), path }, flags, opener) ?? open(target, flags, opener);
    });
    this.#context = context;
    this.#target = target;
  }

  override attributes(caller: Caller): Attributes {
    const owner = this.#context.host.facts.thread(this.#target.tid);
    const own = super.attributes(caller);
    return owner === undefined ? own : { ...own, uid: owner.fileUid ?? owner.uid, gid: owner.fileGid ?? owner.gid };
  }

  override setAttributes(change: AttributeChange): Errno | undefined {
    return refuseMode(change);
  }
}

/** An attribute that all modules share the checks of. */
export function attrHandle(dispatch: AttrDispatch, file: AttrFile, flags: number, opener: Caller): Handle {
  const openedMm = dispatch.opened(file, flags, opener);
  return {
    writeMovesPosition: false,
    read: (length, at, caller) => {
      const value = dispatch.read(file, caller);
      return failed(value) ? value : slice(value, length, at.offset);
    },
    write: (data, at, caller) => dispatch.write(file, openedMm, data, at.offset, caller),
  };
}

/** As the module made it: ESRCH once the task has ended. Where the task is at the open is known to modules. */
export function ownAttrOpen({ dispatch, host }: AttrNodeContext, file: OwnAttrFile): OwnAttrFile['open'] {
  return (target, flags, opener) => {
    host.noteUserNamespace(target);
    const handle = file.open(target, flags, opener);
    if (failed(handle)) return handle;
    const { read, write } = handle;
    const alive = (caller: Caller): boolean => dispatch.isAlive(target, caller);
    return {
      ...handle,
      ...(read && { read: (length, at, caller) => (alive(caller) ? read(length, at, caller) : E.ESRCH) }),
      ...(write && { write: (data, at, caller) => (alive(caller) ? write(data, at, caller) : E.ESRCH) }),
    };
  };
}
