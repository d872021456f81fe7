/**
 * What a task does to ordinary files: the smack_inode_*() and smack_file_*() hooks of security/smack/smack_lsm.c, Linux 6.12.
 *
 * A descriptor that is open is not asked about again, but for locks and ioctl(2). A new file needs nothing but its
 * directory. The inodes of sockets have the label `*`: smack_d_instantiate().
 */

import type { Errno } from '../../../linux/errno.ts';
import { F_SETLK, F_SETLKW, F_SETOWN, F_SETSIG, isReadable, isWritable, O_PATH } from '../../../linux/fcntl.ts';
import { MAY_APPEND, MAY_EXEC, MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import { IOC_DIRECTION, IOC_READ, IOC_WRITE } from '../../../linux/ioctl.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessHooks } from '../../framework/access/access.ts';
import { inodeFields, pathFields } from '../../framework/audit/lsm-audit.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import { type InodeFacts, isPrivate } from '../../framework/files/inode.ts';
import type { Task } from '../../framework/task.ts';
import { MAY } from '../decide/access.ts';
import type { FileHooks } from './file-security.ts';

const READ_WRITE = MAY.READ | MAY.WRITE;

/** What fcntl(2) needs; other commands are free. */
const FCNTL: ReadonlyMap<number, number> = new Map([
  [F_SETLK, MAY.LOCK],
  [F_SETLKW, MAY.LOCK],
  [F_SETOWN, MAY.WRITE],
  [F_SETSIG, MAY.WRITE],
]);

/** Nothing is asked about sockets, as about files, and inodes of the kernel's own. */
function isAsked(inode: InodeFacts): boolean {
  return inode.socket === undefined && !isPrivate(inode);
}

export function fileAccessHooks(files: FileHooks): AccessHooks {
  const check = (task: Task, { inode }: FileFacts, request: number, hook: string, caller: Caller): Errno | undefined =>
    isAsked(inode) ? files.check(task, inode, request, hook, caller) : undefined;
  /** The record names the file by its path. */
  const checkOpen = (task: Task, file: FileFacts, request: number, hook: string, caller: Caller): Errno | undefined =>
    isAsked(file.inode)
      ? files.check(task, file.inode, request, hook, caller, pathFields(file.path, file.inode))
      : undefined;

  return {
    inodePermission: (task, { file, mask }, caller) => {
      const request = mask & (MAY_READ | MAY_WRITE | MAY_EXEC | MAY_APPEND);
      return request === 0 || !isAsked(file.inode)
        ? undefined
        : files.check(task, file.inode, request, 'smack_inode_permission', caller, inodeFields(file.inode));
    },
    inodeGetattr: (task, { file }, caller) => checkOpen(task, file, MAY.READ, 'smack_inode_getattr', caller),
    inodeSetattr: (task, { file }, caller) => check(task, file, MAY.WRITE, 'smack_inode_setattr', caller),
    inodeLink: (task, { file }, caller) => check(task, file, MAY.WRITE, 'smack_inode_link', caller),
    inodeUnlink: (task, { file, directory }, caller) =>
      check(task, file, MAY.WRITE, 'smack_inode_unlink', caller) ??
      check(task, directory, MAY.WRITE, 'smack_inode_unlink', caller),
    inodeRmdir: (task, { file, directory }, caller) =>
      check(task, file, MAY.WRITE, 'smack_inode_rmdir', caller) ??
      check(task, directory, MAY.WRITE, 'smack_inode_rmdir', caller),
    inodeRename: (task, { file, target }, caller) =>
      check(task, file, READ_WRITE, 'smack_inode_rename', caller) ??
      (target && check(task, target, READ_WRITE, 'smack_inode_rename', caller)),
    inodeGetxattr: (task, { file, acl }, caller) =>
      check(task, file, MAY.READ, acl === true ? 'smack_inode_get_acl' : 'smack_inode_getxattr', caller),
    xattrChange: (task, { file, removes = false, acl }, caller) => {
      const [set, remove] =
        acl === true
          ? ['smack_inode_set_acl', 'smack_inode_remove_acl']
          : ['smack_inode_setxattr', 'smack_inode_removexattr'];
      return check(task, file, MAY.WRITE, removes ? remove : set, caller);
    },
    fileOpen: (task, { file }, caller) =>
      'inode' in file ? checkOpen(task, file, MAY.READ, 'smack_file_open', caller) : undefined,
    fileReceive: (task, { file, flags }, caller) => {
      if (file.inode.socket !== undefined) return files.receiveSocket(task, file, caller);
      const read = isReadable(flags) ? MAY.READ : 0;
      const written = isWritable(flags) ? MAY.WRITE : 0;
      return checkOpen(task, file, (flags & O_PATH) === 0 ? read | written : 0, 'smack_file_receive', caller);
    },
    fileFcntl: (task, { file, command }, caller) => {
      const request = FCNTL.get(command);
      return request === undefined ? undefined : checkOpen(task, file, request, 'smack_file_fcntl', caller);
    },
    fileIoctl: (task, { file, command }, caller) => {
      const [writes, reads] = [(command >>> IOC_DIRECTION) & IOC_WRITE, (command >>> IOC_DIRECTION) & IOC_READ];
      return (
        (writes === 0 ? undefined : checkOpen(task, file, MAY.WRITE, 'smack_file_ioctl', caller)) ??
        (reads === 0 ? undefined : checkOpen(task, file, MAY.READ, 'smack_file_ioctl', caller))
      );
    },
    mmapFile: (task, { file }, caller) =>
      file === undefined || isPrivate(file.inode) ? undefined : files.refuseMapping(task, file.inode, caller),
    fileLock: (task, { file }, caller) => checkOpen(task, file, MAY.LOCK, 'smack_file_lock', caller),
  };
}
