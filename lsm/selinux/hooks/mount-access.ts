/**
 * Mounts: selinux_mount(), selinux_umount() and selinux_move_mount() of security/selinux/hooks.c, Linux 6.12. Labels of
 * new superblocks are decided about by mount-labels.ts.
 */
import type { Errno } from '../../../linux/errno.ts';
import { MS_REMOUNT } from '../../../linux/mount.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessHooks } from '../../framework/access/access.ts';
import { pathFields } from '../../framework/audit/lsm-audit.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import type { Task } from '../../framework/task.ts';
import { checkEach, type TaskSecurity } from '../namespaces/task-security.ts';
import type { FileAccess } from './file-access.ts';
import { superblockLabels } from './superblock.ts';

export function mountAccessHooks(securityOf: (task: Task) => TaskSecurity, files: FileAccess): AccessHooks {
  const mountOn = (task: Task, at: FileFacts, caller: Caller): Errno | undefined =>
    files.check(task, at, ['mounton'], pathFields(at.path, at.inode), caller);
  /** superblock_has_perm() */
  const ofFilesystem = (task: Task, { inode }: FileFacts, permission: string, caller: Caller): Errno | undefined =>
    checkEach(securityOf(task), ({ namespace: { state }, current }) => {
      if (state.loaded === undefined) return undefined;
      const { sid } = superblockLabels(state, state.loaded, inode.filesystem);
      return state.check(caller, current, sid, 'filesystem', permission);
    });
  return {
    sbMount: (task, { at, flags }, caller) =>
      (flags & MS_REMOUNT) !== 0 ? ofFilesystem(task, at, 'remount', caller) : mountOn(task, at, caller),
    sbUmount: (task, { root }, caller) => ofFilesystem(task, root, 'unmount', caller),
    moveMount: (task, { to }, caller) => mountOn(task, to, caller),
  };
}
