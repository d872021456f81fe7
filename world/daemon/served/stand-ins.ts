/**
 * Files that are handed out in place of the host's, when the emulated kernel would show something else there: its log, sysctls.
 *
 * Model: a directory in which only the supervisor looks names up. A name says on whose behalf, in place of which open file of the supervisor's
 * thread, and what: `<tid>,<descriptor>,<kind>`. Who may open the file is decided by owner and mode of the one it stands for.
 * `<tid>,sysctl,<names>` is what the host has not: a sysctl, or a directory with some.
 */
import { statSync } from 'node:fs';
import { E, type Result } from '../../../linux/errno.ts';
import { openMask } from '../../../linux/fs.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import { DynamicDirectory, InodeNumbers, PseudoFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { Changes } from '../../../vfs/tree/changes.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { Directory, Handle } from '../../../vfs/tree/node.ts';
import { checkAccess } from '../../../vfs/tree/permission.ts';
import { AddedSysctls } from './added-sysctls.ts';

export interface StandInHost {
  /** The identity that a thread acts with at this moment. */
  caller(tid: number): Caller | undefined;
  /** Opens what is given in place of `file`, a link of procfs. `undefined` = there is no such kind. */
  open(kind: string, file: string, flags: number, opener: Caller): Result<Handle> | undefined;
  /** The root of all sysctls of the world. */
  sysctls(): Directory;
}

const NAME = /^(\d+),(\d+),([a-z-]+)$/;
const SYSCTL = /^(\d+),sysctl,([^,]+(?:,[^,]+)*)$/;

export function standInTree(host: StandInHost): Filesystem {
  const numbers = new InodeNumbers();
  const sysctls = (): AddedSysctls => new AddedSysctls(host.sysctls(), numbers);
  const root = new DynamicDirectory({
    ino: numbers.next(),
    mode: 0o500,
    lookup: (name, looker) => {
      const [, tid, descriptor, kind] = NAME.exec(name) ?? [];
      if (looker.tgid !== process.pid) return E.ENOENT;
      const [, opener, names] = SYSCTL.exec(name) ?? [];
      if (names !== undefined) return sysctls().node(names.split(','), looker, () => host.caller(Number(opener)));
      if (kind === undefined) return E.ENOENT;
      const file = `/proc/self/task/${looker.tid}/fd/${descriptor}`;
      return new StandIn(host, numbers.next(), Number(tid), file, kind);
    },
    entries: () => [],
  });
  return { type: 'proc', magic: PROC_SUPER_MAGIC, root, changes: new Changes() };
}

class StandIn extends PseudoFile {
  constructor(host: StandInHost, ino: number, tid: number, file: string, kind: string) {
    const { mode, uid, gid } = statSync(file);
    super({ ino, mode, uid, gid }, (flags) => {
      const opener = host.caller(tid);
      if (opener === undefined) return E.ESRCH;
      return checkAccess(this, openMask(flags), opener) ?? host.open(kind, file, flags, opener) ?? E.ENOENT;
    });
  }
}
