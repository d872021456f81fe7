/**
 * May the caller use a file this way? The kernel's hooks on file content run after its permission checks, so uses that
 * the kernel will refuse are not reported.
 *
 * By mode bits only: acl_permission_check() without POSIX ACLs.
 */

import { statusMask, statusNumbers } from '../../../host/procfs/status.ts';
import { CAP, hasCapability } from '../../../linux/capability.ts';
import { MAY_EXEC, MAY_READ } from '../../../linux/fs.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { TaskIds } from '../../../lsm/framework/files/file-use.ts';
import type { InodeFacts } from '../../../lsm/framework/files/inode.ts';
import type { CallerView } from '../caller/caller-view.ts';

export interface CallerRights {
  readonly ids: TaskIds;
  readonly groups: readonly number[];
  readonly capabilities: bigint;
}

const ANY_EXECUTE = 0o111;

export function callerRights(view: CallerView, tid: Tid): CallerRights | undefined {
  if (view.status(tid) === undefined) return undefined;
  const { status } = view.known(tid);
  return status === undefined ? undefined : parseRights(status);
}

export function parseRights(text: string): CallerRights | undefined {
  const [uid, euid, suid, fsuid] = statusNumbers(text, 'Uid');
  const [gid, egid, sgid, fsgid] = statusNumbers(text, 'Gid');
  const capabilities = statusMask(text, 'CapEff');
  if (uid === undefined || euid === undefined || suid === undefined || fsuid === undefined) return undefined;
  if (gid === undefined || egid === undefined || sgid === undefined || fsgid === undefined) return undefined;
  if (capabilities === undefined) return undefined;
  return {
    ids: { uid, euid, suid, fsuid, gid, egid, sgid, fsgid },
    groups: statusNumbers(text, 'Groups'),
    capabilities,
  };
}

/** @param access MAY_EXEC 1, MAY_WRITE 2, MAY_READ 4. */
export function mayAccess(
  caller: CallerRights | undefined,
  { mode, inode }: { readonly mode: number; readonly inode: Pick<InodeFacts, 'uid' | 'gid'> },
  access: number,
): boolean {
  if (caller === undefined) return true;
  const { ids, groups, capabilities } = caller;
  const shift = ids.fsuid === inode.uid ? 6 : ids.fsgid === inode.gid || groups.includes(inode.gid) ? 3 : 0;
  if (((mode >> shift) & access) === access) return true;
  const has = (capability: number): boolean => hasCapability(capabilities, capability);
  if (has(CAP.DAC_OVERRIDE) && ((access & MAY_EXEC) === 0 || (mode & ANY_EXECUTE) !== 0)) return true;
  return access === MAY_READ && has(CAP.DAC_READ_SEARCH);
}
