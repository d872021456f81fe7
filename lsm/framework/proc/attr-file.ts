/**
 * One file of /proc/<pid>/attr as a node: attributes, open, read and write.
 *
 * Everything a descriptor remembers is the address space seen at open; values are fetched anew by each read, and a write must start at
 * position 0 and does not move it (fs/proc/base.c of Linux 6.12).
 */

import { slice } from '../../../linux/bytes.ts';
import { E, type Errno, failed } from '../../../linux/errno.ts';
import { openMask } from '../../../linux/fs.ts';
import { type InodeNumbers, PseudoFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AttributeChange, Attributes, Handle } from '../../../vfs/tree/node.ts';
import { checkAccess } from '../../../vfs/tree/permission.ts';
import type { PathSecurity } from '../files/path-security.ts';
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

export class AttrFileNode extends PseudoFile {
  /** procfs, too, finds out the owner when the name is looked up (pid_revalidate of fs/proc/base.c). */
  readonly keepsAttributesForCall = true;
  readonly #context: AttrNodeContext;
  readonly #file: AttrFile;

  /** @param path from the root: `/proc/1/attr/current`. */
  constructor(context: AttrNodeContext, file: AttrFile, mode: number, path: string) {
    super({ ino: context.numbers.next(), mode, time: context.time }, (flags, caller) => {
      const opener = context.opener(caller);
      if (opener === undefined) return E.ESRCH;
      // The transport has checked the mode bits against whoever called; a supervisor's are not the opener's.
      const refused = opener === caller ? undefined : checkAccess(this, openMask(flags), opener);
      if (refused !== undefined) return refused;
      return (
        context.paths.open({ ...this.attributes(opener), path }, flags, opener) ??
        attrHandle(context.dispatch, file, flags, opener)
      );
    });
    this.#context = context;
    this.#file = file;
  }

  override attributes(caller: Caller): Attributes {
    const owner = this.#context.host.facts.thread(this.#file.target.tid);
    const own = super.attributes(caller);
    return owner === undefined ? own : { ...own, uid: owner.fileUid ?? owner.uid, gid: owner.fileGid ?? owner.gid };
  }

  override setAttributes(change: AttributeChange): Errno | undefined {
    return refuseMode(change);
  }
}

function attrHandle(dispatch: AttrDispatch, file: AttrFile, flags: number, opener: Caller): Handle {
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
