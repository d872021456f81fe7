/**
 * Stand-ins: files that are handed out in place of the host's, where the emulated kernel would show another content: its log, sysctls.
 *
 * Model: a directory in which only the supervisor looks names up, each on behalf of a caller
 * (kernel-files/on-behalf.ts). Owner and mode of the replaced file decide who may open the stand-in. Names below
 * /proc/sys are sysctls that the host lacks, or directories that contain some.
 */
import { statSync } from 'node:fs';
import { E, type Result } from '../../../linux/errno.ts';
import { openMask } from '../../../linux/fs.ts';
import type { Tid } from '../../../linux/ids.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import { DynamicDirectory, InodeNumbers, PseudoFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { Changes } from '../../../vfs/tree/changes.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { Directory, Handle } from '../../../vfs/tree/node.ts';
import { checkAccess } from '../../../vfs/tree/permission.ts';
import { parseNameOnBehalf, type StandInKind } from '../../kernel-files/on-behalf.ts';
import { AddedSysctls } from './added-sysctls.ts';

export interface StandInHost {
  /** The present credentials of a thread. */
  caller(tid: Tid): Caller | undefined;
  /** Opens what is given in place of `file`, a link of procfs. `undefined` = there is no such kind. */
  open(kind: StandInKind, file: string, flags: number, opener: Caller): Result<Handle> | undefined;
  /** The root of all sysctls of the world. */
  sysctls(): Directory;
}

export function standInTree(host: StandInHost): Filesystem {
  const numbers = new InodeNumbers();
  const sysctls = (): AddedSysctls => new AddedSysctls(host.sysctls(), numbers);
  const root = new DynamicDirectory({
    ino: numbers.next(),
    mode: 0o500,
    lookup: (name, looker) => {
      const parsed = looker.tgid === process.pid ? parseNameOnBehalf(name) : undefined;
      if (parsed === undefined) return E.ENOENT;
      const { caller, named } = parsed;
      if (named.tree === 'fd') {
        const file = `/proc/self/task/${looker.tid}/fd/${named.descriptor}`;
        return new StandIn(host, numbers.next(), caller, file, named.kind);
      }
      return named.tree === 'sys' ? sysctls().node(named.path, looker, () => host.caller(caller)) : E.ENOENT;
    },
    entries: () => [],
  });
  return { type: 'proc', magic: PROC_SUPER_MAGIC, root, changes: new Changes() };
}

class StandIn extends PseudoFile {
  constructor(host: StandInHost, ino: number, tid: Tid, file: string, kind: StandInKind) {
    const { mode, uid, gid } = statSync(file);
    super({ ino, mode, uid, gid }, (flags) => {
      const opener = host.caller(tid);
      if (opener === undefined) return E.ESRCH;
      return checkAccess(this, openMask(flags), opener) ?? host.open(kind, file, flags, opener) ?? E.ENOENT;
    });
  }
}
