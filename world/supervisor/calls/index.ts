/**
 * Which handler answers which system call.
 */

import { ABSENT, type SyscallName, syscallNumbers } from '../../../linux/syscall-numbers.ts';
import type { Family } from '../../mediation.ts';
import type { Handler } from '../context.ts';
import * as open from './attr-open.ts';
import * as stat from './attr-stat.ts';
import * as audit from './audit-socket.ts';
import * as create from './create.ts';
import * as exec from './execve.ts';
import * as fsContext from './fs-context.ts';
import * as lsm from './lsm-calls.ts';
import * as attributes from './mediated-attributes.ts';
import * as ipc from './mediated-ipc.ts';
import * as looks from './mediated-looks.ts';
import * as names from './mediated-names.ts';
import * as opening from './mediated-open.ts';
import * as looking from './mediated-ptrace.ts';
import * as signals from './mediated-signals.ts';
import * as sockets from './mediated-sockets.ts';
import * as tasks from './mediated-tasks.ts';
import * as xattrs from './mediated-xattr.ts';
import * as mount from './mount.ts';
import * as labels from './mount-labels.ts';
import { getsockopt } from './peersec.ts';
import * as processes from './process-calls.ts';
import * as tracing from './ptrace.ts';
import { sendfile, splice } from './sendfile.ts';
import * as statfs from './statfs.ts';
import { syslog } from './syslog.ts';
import { umount2 } from './umount.ts';
import * as xattr from './xattr.ts';
import * as zero from './zero-write.ts';

const HANDLERS: Partial<Record<SyscallName, Handler>> = {
  open: open.open,
  openat: open.openat,
  openat2: open.openat2,
  creat: open.creat,
  stat: stat.stat,
  lstat: stat.lstat,
  newfstatat: stat.newfstatat,
  statx: stat.statx,
  access: stat.access,
  faccessat: stat.faccessat,
  faccessat2: stat.faccessat,
  readlink: stat.readlink,
  readlinkat: stat.readlinkat,
  statfs: statfs.statfs,
  fstatfs: statfs.fstatfs,
  mount: mount.mount,
  fsopen: fsContext.fsopen,
  fsconfig: fsContext.fsconfig,
  fspick: labels.fspick,
  fsmount: fsContext.fsmount,
  move_mount: fsContext.moveMount,
  umount2,
  write: zero.write,
  pwrite64: zero.pwrite64,
  sendfile,
  splice,
  lsm_get_self_attr: lsm.lsm_get_self_attr,
  lsm_set_self_attr: lsm.lsm_set_self_attr,
  lsm_list_modules: lsm.lsm_list_modules,
  lsm_unshare: lsm.lsm_unshare,
  getsockopt,
  prctl: tracing.prctl,
  ptrace: tracing.ptrace,
  syslog,
  socket: audit.socket,
  sendto: audit.sendto,
  execve: exec.execve,
  execveat: exec.execveat,
  mkdir: create.mkdir,
  mkdirat: create.mkdirat,
  mknod: create.mknod,
  mknodat: create.mknodat,
  symlink: create.symlink,
  symlinkat: create.symlinkat,
  bind: audit.bind,
  getxattr: xattr.getxattr,
  lgetxattr: xattr.lgetxattr,
  fgetxattr: xattr.fgetxattr,
  getxattrat: xattr.getxattrat,
  setxattr: xattr.setxattr,
  lsetxattr: xattr.lsetxattr,
  fsetxattr: xattr.fsetxattr,
  setxattrat: xattr.setxattrat,
  listxattr: xattr.listxattr,
  llistxattr: xattr.llistxattr,
  flistxattr: xattr.flistxattr,
  listxattrat: xattr.listxattrat,
  removexattr: xattr.removexattr,
  lremovexattr: xattr.lremovexattr,
  fremovexattr: xattr.fremovexattr,
  removexattrat: xattr.removexattrat,
  exit_group: processes.exit_group,
};

/** What modules decide about (access/mediator.ts), by families; they come before all others. */
const MEDIATED: Readonly<Record<Family, Partial<Record<SyscallName, Handler>>>> = {
  files: {
    open: opening.open,
    openat: opening.openat,
    openat2: opening.openat2,
    creat: opening.creat,
    execve: looks.execve,
    execveat: looks.execveat,
    statfs: looks.statfs,
    mount: looks.mounting,
    umount2: looks.mounting,
    move_mount: looks.mounting,
    setuid: looks.becoming,
    setreuid: looks.becoming,
    setresuid: looks.becoming,
    setfsuid: looks.becoming,
    access: looks.access,
    faccessat: looks.faccessat,
    faccessat2: looks.faccessat2,
    chdir: looks.chdir,
    fchdir: looks.fchdir,
    chroot: looks.chroot,
    inotify_add_watch: looks.inotify_add_watch,
    chmod: attributes.chmod,
    fchmod: attributes.fchmod,
    fchmodat: attributes.fchmodat,
    fchmodat2: attributes.fchmodat2,
    chown: attributes.chown,
    lchown: attributes.lchown,
    fchown: attributes.fchown,
    fchownat: attributes.fchownat,
    truncate: attributes.truncate,
    ftruncate: attributes.ftruncate,
    utime: attributes.utime,
    utimes: attributes.utimes,
    futimesat: attributes.futimesat,
    utimensat: attributes.utimensat,
    mkdir: names.mkdir,
    mkdirat: names.mkdirat,
    mknod: names.mknod,
    mknodat: names.mknodat,
    symlink: names.symlink,
    symlinkat: names.symlinkat,
    link: names.link,
    linkat: names.linkat,
    unlink: names.unlink,
    unlinkat: names.unlinkat,
    rmdir: names.rmdir,
    rename: names.renameCall,
    renameat: names.renameat,
    renameat2: names.renameat2,
    getxattr: xattrs.getxattr,
    lgetxattr: xattrs.lgetxattr,
    fgetxattr: xattrs.fgetxattr,
    setxattr: xattrs.setxattr,
    lsetxattr: xattrs.lsetxattr,
    fsetxattr: xattrs.fsetxattr,
    removexattr: xattrs.removexattr,
    lremovexattr: xattrs.lremovexattr,
    fremovexattr: xattrs.fremovexattr,
    listxattr: xattrs.listxattr,
    llistxattr: xattrs.llistxattr,
    flistxattr: xattrs.flistxattr,
  },
  stat: {
    stat: looks.stat,
    lstat: looks.lstat,
    fstat: looks.fstat,
    newfstatat: looks.newfstatat,
    statx: looks.statx,
    readlink: looks.readlink,
    readlinkat: looks.readlinkat,
  },
  tasks: { ...signals, ...tasks, ...looking },
  sockets,
  ipc,
};

/** Indexed by system call number. */
export function handlerTable(arch: string, mediated: readonly Family[]): readonly (Handler | undefined)[] {
  const numbers = syscallNumbers(arch);
  const table: (Handler | undefined)[] = [];
  for (const [name, handler] of Object.entries(HANDLERS)) {
    const number = numbers[name as SyscallName];
    if (number !== ABSENT) table[number] = handler;
  }
  for (const [name, first] of mediated.flatMap((family) => Object.entries(MEDIATED[family]))) {
    const number = numbers[name as SyscallName];
    if (number === ABSENT) continue;
    const handler = table[number];
    table[number] = (context) => {
      first(context);
      if (!context.call.answered) handler?.(context);
    };
  }
  return table;
}
