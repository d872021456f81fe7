/**
 * Hooks of calls that change nothing: access(2), stat(2), readlink(2), chdir(2), watches, and the path to an executed program.
 */

import { CAP } from '../../../linux/capability.ts';
import {
  AT_EACCESS,
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_HANDLE_CONNECTABLE,
  AT_HANDLE_FID,
  AT_HANDLE_MNT_ID_UNIQUE,
  AT_SYMLINK_FOLLOW,
  AT_SYMLINK_NOFOLLOW,
} from '../../../linux/fcntl.ts';
import {
  FAN_ADMIN_INIT,
  FAN_MARK_DONT_FOLLOW,
  FAN_MARK_FILESYSTEM,
  FAN_MARK_FLUSH,
  FAN_MARK_MOUNT,
  FAN_MARK_ONLYDIR,
  FAN_REPORT_FILES,
  IN_DONT_FOLLOW,
  IN_ONLYDIR,
  MAY_ACCESS,
  MAY_EXEC,
  MAY_READ,
} from '../../../linux/fs.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { capabilityCheck, onDescriptor, onPath, onWay, type PathArguments, refuse } from '../access/calls.ts';
import { onStart, startItself } from '../access/empty-paths.ts';
import { permissionChecks } from '../access/inode-permission.ts';
import { lookChecks } from '../access/process-files.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { fanotifyFlags } from './attr-watches.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

const first: PathArguments = { dirfd: AT_FDCWD, path: 0, follow: true };

/** (directory, path, ...). @param start what an empty path means (empty-paths.ts). */
function lookAt(
  context: WorkerContext,
  flags: number,
  start: CallerFd | undefined,
  checks: (file: FileFacts, fd: number) => readonly AccessCheck[],
  what: string,
  most?: (file: FileFacts, fd: number) => readonly AccessCheck[],
): void {
  const argument = { dirfd: context.call.fd(0), path: 1, follow: (flags & AT_SYMLINK_NOFOLLOW) === 0 };
  if (start !== undefined) onStart(context, start, checks, true);
  else onPath(context, argument, checks, what, most);
}

/** The modules are asked only about access that the kernel itself permits. */
function permission(context: WorkerContext, file: FileFacts, fd: number, mask: number, more = 0): AccessCheck[] {
  const { call, view } = context;
  return mask === 0 || view.permits(call.tid, fd, mask) < 0 ? [] : allOfPermission(context, file, fd, mask, more);
}

/** The same where it permits all. */
function allOfPermission(context: WorkerContext, file: FileFacts, fd: number, mask: number, more = 0): AccessCheck[] {
  return mask === 0 ? [] : permissionChecks(context, file, fd, mask, more);
}

/** As {@link permission} and {@link allOfPermission} ask. */
const accessChecks = (context: WorkerContext, mask: number) =>
  [
    (file: FileFacts, fd: number) => permission(context, file, fd, mask, MAY_ACCESS),
    `access ${mask}`,
    (file: FileFacts, fd: number) => allOfPermission(context, file, fd, mask, MAY_ACCESS),
  ] as const;

/** Of what other ids than those of open(2) may do nothing is remembered. */
const uncached = ([checks]: ReturnType<typeof accessChecks>) => [checks, ''] as const;

const access: Handler = (context) => {
  const asked = accessChecks(context, context.call.low(1) & 7);
  context.mediator?.byRealIds(context.call.tid, (others) =>
    others ? onPath(context, first, ...uncached(asked)) : onPath(context, first, ...asked),
  );
};
function accessAt(context: WorkerContext, flags: number): void {
  const asked = accessChecks(context, context.call.low(2) & 7);
  const start = startItself(context, 1, flags);
  const judged = (others: boolean): void =>
    others ? lookAt(context, flags, start, ...uncached(asked)) : lookAt(context, flags, start, ...asked);
  if ((flags & AT_EACCESS) !== 0) judged(false);
  else context.mediator?.byRealIds(context.call.tid, judged);
}

const faccessat: Handler = (context) => accessAt(context, 0);
const faccessat2: Handler = (context) => accessAt(context, context.call.low(3));

const search = (context: WorkerContext, file: FileFacts, fd: number): AccessCheck[] =>
  file.inode.class === 'dir' ? permission(context, file, fd, MAY_EXEC) : [];

const chdir: Handler = (context) =>
  onPath(
    context,
    first,
    (file, fd) => search(context, file, fd),
    'chdir',
    (file, fd) => allOfPermission(context, file, fd, MAY_EXEC),
  );
const chroot: Handler = (context) => {
  context.mediator?.known.namesChange(context.call.tid);
  onPath(context, first, (file, fd) => {
    const way = search(context, file, fd);
    return way.length === 0 ? [] : [...way, ...capabilityCheck(context, CAP.SYS_CHROOT)];
  });
};
const fchdir: Handler = (context) =>
  onDescriptor(context, context.call.fd(0), (file, fd) => search(context, file, fd), true);

/** (fd, path, mask) */
const inotify_add_watch: Handler = (context) => {
  const mask = context.call.low(2);
  onPath(context, { dirfd: AT_FDCWD, path: 1, follow: (mask & IN_DONT_FOLLOW) === 0 }, (file, fd) => {
    if ((mask & IN_ONLYDIR) !== 0 && file.inode.class !== 'dir') return [];
    const readable = permission(context, file, fd, MAY_READ);
    return readable.length === 0 ? [] : [...readable, { hook: 'pathNotify', about: { file, mask } }];
  });
};

/** (flags, event_f_flags). Without the capability the kernel grants what reports files by handles. */
const fanotify_init: Handler = (context) => {
  const flags = context.call.low(0);
  const free = (flags & FAN_REPORT_FILES) !== 0 && (flags & FAN_ADMIN_INIT) === 0;
  refuse(context, capabilityCheck(context, CAP.SYS_ADMIN, free ? 'ignored' : 'EPERM'));
};

/** (fd, flags, mask of 64 bits, dirfd, path) */
const fanotify_mark: Handler = (context) => {
  const { call } = context;
  const [flags, mask] = [call.low(1), call.low(2)];
  const isInode = (flags & (FAN_MARK_MOUNT | FAN_MARK_FILESYSTEM)) === 0;
  if (isInode) refuse(context, capabilityCheck(context, CAP.SYS_ADMIN, 'ignored'));
  if ((flags & FAN_MARK_FLUSH) !== 0) return;
  const of = (flags & FAN_MARK_MOUNT) !== 0 ? 'mount' : (flags & FAN_MARK_FILESYSTEM) !== 0 ? 'superblock' : undefined;
  if (of !== undefined) {
    const may = capabilityCheck(context, CAP.SYS_ADMIN);
    if (may.length > 0) refuse(context, may);
    if (may.length === 0 || call.answered) return; // EPERM
  }
  const reportsFiles = (fanotifyFlags(context) & FAN_REPORT_FILES) !== 0; // FANOTIFY_FID_BITS
  const checks = (file: FileFacts, fd: number): readonly AccessCheck[] => {
    if ((flags & FAN_MARK_ONLYDIR) !== 0 && file.inode.class !== 'dir') return [];
    const readable = permission(context, file, fd, MAY_READ);
    if (readable.length === 0) return [];
    const marked: AccessCheck = { hook: 'pathNotify', about: { file, mask, ...(of && { of }) } };
    return [...readable, marked, ...(reportsFiles ? filesystemOfMark(context, file, fd) : [])];
  };
  if (call.isNull(4)) onDescriptor(context, call.fd(3), checks);
  else onPath(context, { dirfd: call.fd(3), path: 4, follow: (flags & FAN_MARK_DONT_FOLLOW) === 0 }, checks);
};

/** fanotify_test_fsid(): the number of the filesystem is asked for by the file, then, if there is one, by the root. */
function filesystemOfMark(context: WorkerContext, file: FileFacts, fd: number): AccessCheck[] {
  const { call, view } = context;
  const once = filesystem(context, file);
  const isNumbered = view.mayAsk(fd, call.tid) && view.filesystemNumber(fd) !== 0n;
  return isNumbered ? [...once, ...once] : once;
}

const wayTo = (context: WorkerContext, dirfd: CallerFd, path: number, follow = true): void =>
  onWay(context, { dirfd, path, follow });

/** execve.ts asks about the program itself. */
const execve: Handler = (context) => wayTo(context, AT_FDCWD, 0);
const execveat: Handler = (context) => wayTo(context, context.call.fd(0), 1);

const filesystem = (context: WorkerContext, file: FileFacts): AccessCheck[] => [
  { hook: 'sbStatfs', about: { file, ...rootOf(context, file) } },
];
/** Inode number of the root of its filesystem, as far as the caller's paths lead there. */
function rootOf({ call, view }: WorkerContext, { inode, path, device }: FileFacts): { readonly root?: number } {
  const { entry, ino } = inode;
  if (entry === '/') return { root: ino };
  if (entry === undefined || !path.endsWith(entry)) return {};
  const fd = view.resolveForCaller(call.tid, AT_FDCWD, path.slice(0, -entry.length) || '/', 0);
  if (fd < 0) return {};
  const found = view.deviceOf(fd) === device ? view.identity(fd) : undefined;
  view.close(fd);
  return found === undefined ? {} : { root: found.ino };
}
const statfs: Handler = (context) => onPath(context, first, (file) => filesystem(context, file), 'statfs');
const fstatfs: Handler = (context) => {
  const { call, fastPath, mediator } = context;
  let asked: FileFacts | undefined;
  const whole = (file: FileFacts): readonly AccessCheck[] => {
    asked = file;
    return filesystem(context, file);
  };
  onDescriptor(context, call.fd(0), whole, true, (file) => [{ hook: 'sbStatfs', about: { file } }]);
  // The modules judge the filesystem alone, so a grant holds for each of its files, also in procfs.
  if (asked !== undefined && mediator?.isSilent === true && !call.answered) fastPath?.learned.granted(undefined, asked);
};

const getattr = (file: FileFacts): AccessCheck[] => [{ hook: 'inodeGetattr', about: { file } }];

const stat: Handler = (context) => onPath(context, first, getattr, 'stat', getattr);
const lstat: Handler = (context) => onPath(context, { ...first, follow: false }, getattr, 'stat', getattr);
const fstat: Handler = (context) => onDescriptor(context, context.call.fd(0), getattr, true, getattr);
const statAt = (context: WorkerContext, flags: number): void =>
  lookAt(context, flags, startItself(context, 1, flags, true), getattr, 'stat', getattr);
const newfstatat: Handler = (context) => statAt(context, context.call.low(3));
const statx: Handler = (context) => statAt(context, context.call.low(2));

const readlinkOf = (context: WorkerContext, dirfd: CallerFd, path: number): void =>
  onPath(
    context,
    { dirfd, path, follow: false },
    (file) =>
      file.inode.class === 'lnk_file'
        ? [{ hook: 'inodeReadlink', about: { file } }, ...lookChecks(context, file, 'readlink')]
        : [],
    'readlink',
  );
const readlink: Handler = (context) => readlinkOf(context, AT_FDCWD, 0);
const readlinkat: Handler = (context) => readlinkOf(context, context.call.fd(0), 1);

const HANDLE_FLAGS =
  AT_SYMLINK_FOLLOW | AT_EMPTY_PATH | AT_HANDLE_FID | AT_HANDLE_MNT_ID_UNIQUE | AT_HANDLE_CONNECTABLE;

/** fs/fhandle.c. (dfd, path, handle, mount id, flags); an empty path has no way. */
const name_to_handle_at: Handler = (context) => {
  const flags = context.call.low(4);
  const disconnected = (flags & (AT_HANDLE_FID | AT_EMPTY_PATH)) !== 0;
  if ((flags & ~HANDLE_FLAGS) !== 0 || ((flags & AT_HANDLE_CONNECTABLE) !== 0 && disconnected)) return; // EINVAL
  wayTo(context, context.call.fd(0), 1, (flags & AT_SYMLINK_FOLLOW) !== 0);
};

export const calls: readonly SupervisedCall[] = [
  ...always('mediate-files', {
    access,
    faccessat,
    faccessat2,
    chdir,
    fchdir,
    chroot,
    inotify_add_watch,
    fanotify_init,
    fanotify_mark,
    name_to_handle_at,
  }),
  ...always('mediate-files', { execve, execveat, statfs, fstatfs }),
  ...always('mediate-stat', { stat, lstat, fstat, newfstatat, statx, readlink, readlinkat }),
];
