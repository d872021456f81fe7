/**
 * Mounts: apparmor_sb_mount(), apparmor_sb_umount(), apparmor_move_mount() and apparmor_sb_pivotroot() of
 * security/apparmor/lsm.c and mount.c, Linux 6.12.
 */
import { E, type Errno } from '../../../linux/errno.ts';
import {
  MS_ACTIVE,
  MS_BIND,
  MS_BORN,
  MS_KERNMOUNT,
  MS_MOVE,
  MS_NOSEC,
  MS_PRIVATE,
  MS_REC,
  MS_REMOUNT,
  MS_SHARED,
  MS_SILENT,
  MS_SLAVE,
  MS_UNBINDABLE,
} from '../../../linux/mount.ts';
import { S_IFDIR, S_IFMT } from '../../../linux/stat.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessArguments, AccessHooks } from '../../framework/access/access.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import type { Task } from '../../framework/task.ts';
import { mountRecord } from '../decide/audit.ts';
import { type MountRequest, mountAccess, type NamedPath } from '../decide/index.ts';
import type { ApparmorSecurity } from '../decide/security.ts';

/** AA_MS_IGNORE_MASK */
const IGNORED = MS_KERNMOUNT | MS_NOSEC | MS_ACTIVE | MS_BORN;
const PROPAGATION = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;

export function mountHooks(security: ApparmorSecurity, kill: (task: Task) => void): AccessHooks {
  const decide = (task: Task, request: MountRequest, caller: Caller): Errno | undefined => {
    const label = security.labels(task).label.newest();
    const verdict = mountAccess(label, request, (record) => security.audit(mountRecord(record, caller)));
    if (verdict.kill) kill(task);
    return verdict.error;
  };
  return {
    sbMount: (task, about, caller) => {
      if (about.fails === undefined) return decide(task, mountRequest(about), caller);
      return security.labels(task).label.newest().unconfined ? undefined : E[about.fails];
    },
    sbUmount: (task, { root }, caller) => decide(task, { operation: 'umount', at: named(root) }, caller),
    moveMount: (task, { from, to }, caller) =>
      decide(task, { operation: 'mount', at: named(to), source: from && named(from), flags: MS_MOVE }, caller),
    sbPivotroot: (task, { newRoot, putOld }, caller) =>
      decide(task, { operation: 'pivotroot', at: named(newRoot), source: named(putOld) }, caller),
  };
}

/** What remounts, bind mounts, changes of propagation and moves leave out. */
function mountRequest({ at, source, type, flags: all, data }: AccessArguments['sbMount']): MountRequest {
  const flags = all & ~IGNORED;
  const request = { operation: 'mount', at: named(at) } as const;
  const from = typeof source === 'object' ? named(source) : source;
  if ((flags & MS_REMOUNT) !== 0) return { ...request, flags, data };
  if ((flags & MS_BIND) !== 0) return { ...request, source: from, flags: flags & (MS_REC | MS_BIND) };
  if ((flags & PROPAGATION) !== 0) return { ...request, flags: flags & (MS_REC | MS_SILENT | PROPAGATION) };
  if ((flags & MS_MOVE) !== 0) return { ...request, source: from, flags: MS_MOVE };
  return { ...request, source: from, type, flags, data };
}

function named({ path, mode, inode }: FileFacts): NamedPath {
  return { path, disconnected: inode.entry === undefined, directory: (mode & S_IFMT) === S_IFDIR };
}
