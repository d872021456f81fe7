/**
 * Filesystems, mounts and watches: selinux_sb_kern_mount(), selinux_sb_statfs(), selinux_quotactl(), selinux_mount(), selinux_umount(),
 * selinux_move_mount() and selinux_path_notify() of security/selinux/hooks.c, Linux 6.12. Labels of
 * new superblocks are decided about by mount-labels.ts.
 */
import type { Errno } from '../../../linux/errno.ts';
import { ROOT_INODES } from '../../../linux/fs.ts';
import { MS_REMOUNT } from '../../../linux/mount.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessHooks } from '../../framework/access/access.ts';
import { untrusted } from '../../framework/audit/audit-text.ts';
import { nameField, pathFields } from '../../framework/audit/lsm-audit.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import type { FilesystemFacts } from '../../framework/files/inode.ts';
import type { Task } from '../../framework/task.ts';
import { checkEach, type TaskSecurity } from '../namespaces/task-security.ts';
import type { FileAccess } from './file-access.ts';
import { quotaPermission } from './quota.ts';
import { superblockLabels } from './superblock.ts';

/** FAN_OPEN_PERM | FAN_ACCESS_PERM | FAN_OPEN_EXEC_PERM */
const FAN_PERMISSION_EVENTS = 0x70000;
/** IN_ACCESS | IN_CLOSE_NOWRITE | FAN_ACCESS_PERM */
const READS = 0x20011;

export function mountAccessHooks(securityOf: (task: Task) => TaskSecurity, files: FileAccess): AccessHooks {
  const mountOn = (task: Task, at: FileFacts, caller: Caller): Errno | undefined =>
    files.check(task, at, ['mounton'], pathFields(at.path, at.inode), caller);
  /** superblock_has_perm() */
  const ofFilesystem = (
    task: Task,
    filesystem: FilesystemFacts,
    permission: string,
    caller: Caller,
    details = '',
  ): Errno | undefined =>
    checkEach(securityOf(task), ({ namespace: { state }, current }) => {
      if (state.loaded === undefined) return undefined;
      const { sid } = superblockLabels(state, state.loaded, filesystem);
      return state.check(caller, current, sid, 'filesystem', permission, details);
    });
  return {
    sbKernMount: (task, { filesystem }, caller) =>
      ofFilesystem(task, filesystem, 'mount', caller, rootFields(filesystem)),
    sbStatfs: (task, { file: { inode }, root }, caller) =>
      ofFilesystem(task, inode.filesystem, 'getattr', caller, rootFields(inode.filesystem, root)),
    quotactl: (task, { file: { inode }, command }, caller) => {
      const permission = quotaPermission(command);
      return permission && ofFilesystem(task, inode.filesystem, permission, caller);
    },
    sbMount: (task, { at, flags }, caller) =>
      (flags & MS_REMOUNT) !== 0
        ? ofFilesystem(task, at.inode.filesystem, 'remount', caller)
        : mountOn(task, at, caller),
    sbUmount: (task, { root }, caller) => ofFilesystem(task, root.inode.filesystem, 'unmount', caller),
    pathNotify: (task, { file, mask, of }, caller) => {
      const permissions = [
        of === 'mount' ? 'watch_mount' : of === 'superblock' ? 'watch_sb' : 'watch',
        ...((mask & FAN_PERMISSION_EVENTS) === 0 ? [] : ['watch_with_perm']),
        ...((mask & READS) === 0 ? [] : ['watch_reads']),
      ];
      const { inode, path } = file;
      const details = pathFields(path, inode);
      return (
        (of === 'superblock' ? ofFilesystem(task, inode.filesystem, 'watch', caller, details) : undefined) ??
        files.check(task, file, permissions, details, caller)
      );
    },
    moveMount: (task, { to }, caller) => mountOn(task, to, caller),
  };
}

/** Its root. As a deviation, without its number where that is not known. */
function rootFields({ id, type }: FilesystemFacts, ino = ROOT_INODES[type]): string {
  return `${nameField('/')} dev=${untrusted(id)}${ino === undefined ? '' : ` ino=${ino}`}`;
}
