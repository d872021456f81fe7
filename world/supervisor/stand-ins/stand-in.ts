/**
 * Opens of files of the host that the emulated kernel replaces: its log (/dev/kmsg, /proc/kmsg), keys (/proc/keys), the
 * mount tables of processes (/proc/<pid>/mounts and siblings, also through /proc/mounts and /etc/mtab), the login of a process
 * (/proc/<pid>/loginuid, sessionid), and its audit container (audit_containerid, audit_capcontainerid).
 *
 * The path is resolved first, in the caller's mounts and below its root; the file that it leads to decides, not its
 * name. stat(2) and O_PATH descriptors are left to the host.
 */
import { KMSG_MINOR, MEM_MAJOR } from '../../../linux/devices.ts';
import { ERRNO } from '../../../linux/errno.ts';
import {
  AT_FDCWD,
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_TRUNC,
} from '../../../linux/fcntl.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import { nameOnBehalf, type StandInKind } from '../../kernel-files/on-behalf.ts';
import type { WorkerContext } from '../context.ts';

const { EACCES, EISDIR } = ERRNO;

export interface OpenArgument {
  readonly dirfd: CallerFd;
  readonly path: string;
  readonly flags: number;
  /** RESOLVE_* of openat2(2). */
  readonly resolve: number;
}

/** The host's file, open, and the kind of stand-in that replaces it. */
interface Found {
  readonly fd: number;
  readonly kind: StandInKind;
}

/** Answers the open with a stand-in; leaves other files to the kernel. */
export function openStandIn(context: WorkerContext, argument: OpenArgument): void {
  const { flags, path } = argument;
  if ((flags & (O_PATH | O_DIRECTORY)) !== 0 || (flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL)) return;
  const [, directory = '', name = ''] = /^(.*?)([^/]*)$/s.exec(path) ?? [];
  const found = find(context, argument, directory, name);
  if (found === undefined) return;
  try {
    handOut(context, found, flags);
  } finally {
    context.view.close(found.fd);
  }
}

function find(context: WorkerContext, argument: OpenArgument, directory: string, name: string): Found | undefined {
  switch (name) {
    case 'kmsg':
      return findLog(context, argument);
    case 'keys':
      return findKeys(context, argument);
    case 'mtab':
      return (argument.flags & O_NOFOLLOW) === 0 ? findBehindLink(context, argument, directory) : undefined;
    case 'mounts':
    case 'mountinfo':
    case 'mountstats':
      return findMountTable(context, argument, directory, name);
    case 'loginuid':
    case 'sessionid':
      return findInProcess(context, argument, directory, name, name);
    case 'audit_containerid':
    case 'audit_capcontainerid':
      // No kernel has these; owner and mode are those of `mem`.
      return findInProcess(
        context,
        argument,
        directory,
        'mem',
        name === 'audit_containerid' ? 'audit-containerid' : 'audit-capcontainerid',
      );
    default:
      return undefined;
  }
}

function findLog({ view, call }: WorkerContext, { dirfd, path, flags, resolve }: OpenArgument): Found | undefined {
  const fd = view.resolveForCaller(call.tid, dirfd, path, flags & O_NOFOLLOW, resolve);
  if (fd < 0) return undefined;
  const device = view.characterDevice(fd);
  if (device?.major === MEM_MAJOR && device.minor === KMSG_MINOR) return { fd, kind: 'kmsg' };
  const inProc = view.filesystemMagic(fd, call.tid) === PROC_SUPER_MAGIC;
  if (inProc && view.readlinkAt(AT_FDCWD, `/proc/thread-self/fd/${fd}`)?.endsWith('/kmsg'))
    return { fd, kind: 'proc-kmsg' };
  view.close(fd);
  return undefined;
}

function findKeys({ view, call }: WorkerContext, { dirfd, path, flags, resolve }: OpenArgument): Found | undefined {
  const fd = view.resolveForCaller(call.tid, dirfd, path, flags & O_NOFOLLOW, resolve);
  if (fd < 0) return undefined;
  const inProc = view.filesystemMagic(fd, call.tid) === PROC_SUPER_MAGIC;
  if (inProc && view.readlinkAt(AT_FDCWD, `/proc/thread-self/fd/${fd}`)?.endsWith('/keys')) return { fd, kind: 'keys' };
  view.close(fd);
  return undefined;
}

function findMountTable(
  { view, call, locator }: WorkerContext,
  { dirfd, flags, resolve }: OpenArgument,
  directory: string,
  name: 'mounts' | 'mountinfo' | 'mountstats',
): Found | undefined {
  const inDirectory = (path: string) => locator.locate({ tid: call.tid, dirfd, path, resolve })?.process;
  // /proc/mounts is a link to self/mounts.
  const isLink = name === 'mounts' && (flags & O_NOFOLLOW) === 0;
  const process = inDirectory(`${directory}attr`) ?? (isLink ? inDirectory(`${directory}self/attr`) : undefined);
  if (process === undefined) return undefined;
  // mountinfo has everything that mounts shows.
  const fd = view.open(`/proc/${process.join('/')}/${name === 'mounts' ? 'mountinfo' : name}`, 0);
  return fd < 0 ? undefined : { fd, kind: name };
}

function findInProcess(
  { view, call, locator }: WorkerContext,
  { dirfd, resolve }: OpenArgument,
  directory: string,
  name: string,
  kind: StandInKind,
): Found | undefined {
  const process = locator.locate({ tid: call.tid, dirfd, path: `${directory}attr`, resolve })?.process;
  if (process === undefined) return undefined;
  const fd = view.open(`/proc/${process.join('/')}/${name}`, O_PATH);
  return fd < 0 ? undefined : { fd, kind };
}

function findBehindLink(context: WorkerContext, argument: OpenArgument, directory: string): Found | undefined {
  const { view, call } = context;
  const { dirfd, path, resolve } = argument;
  const link = view.resolveForCaller(call.tid, dirfd, path, O_NOFOLLOW, resolve);
  if (link < 0) return undefined;
  const target = view.readlinkAt(link, '');
  view.close(link);
  if (target === undefined) return undefined;
  const [, below = '', name = ''] = /^(.*?)([^/]*)$/s.exec(target) ?? [];
  if (name === 'mtab') return undefined;
  return find(context, argument, target.startsWith('/') ? below : `${directory}${below}`, name);
}

function handOut(context: WorkerContext, { fd, kind }: Found, flags: number): void {
  const { view, call } = context;
  const tree = standInRoot(context);
  if (tree === undefined) return;
  const name = nameOnBehalf(call.tid, { tree: 'fd', descriptor: fd, kind });
  answerOpen(context, view.openAt(tree, name, flags & ~(O_CREAT | O_TRUNC)), flags);
}

/** Answers an open with a descriptor of ours, which is closed, or with the errno that it is if negative. */
export function answerOpen({ view, call, log }: WorkerContext, fd: number, flags: number): void {
  if (fd < 0) {
    view.shortage.answer(call, log);
    if (!call.answered) call.fail(-fd);
    return;
  }
  const handed = call.handOut(fd, (flags & O_CLOEXEC) !== 0);
  view.close(fd);
  if (handed < 0) call.fail(-handed);
}

/**
 * Opens a sysctl that the host's kernel lacks, or a directory that contains one.
 * @returns false when the path leads elsewhere.
 */
export function openAddedSysctl(context: WorkerContext, argument: OpenArgument): boolean {
  const { sysctlLocator, call, view } = context;
  const { flags } = argument;
  const place = { ...argument, tid: call.tid };
  const lists = (flags & O_DIRECTORY) !== 0 && (flags & O_PATH) === 0;
  const names = sysctlLocator.locate(place) ?? (lists ? sysctlLocator.locateListing(place) : undefined);
  const tree = names && standInRoot(context);
  if (names === undefined || tree === undefined) return false;
  const name = nameOnBehalf(call.tid, { tree: 'sys', path: names });
  const isPathOnly = (flags & O_PATH) !== 0;
  const fd = isPathOnly
    ? openPathOnly(context, tree, name, flags)
    : view.openAt(tree, name, flags & ~(O_CREAT | O_TRUNC | O_EXCL));
  answerOpen(context, fd, flags);
  return true;
}

/**
 * SECCOMP_IOCTL_NOTIF_ADDFD takes no O_PATH file. Instead a file is handed out that can be neither read nor written (access mode 3), and
 * one that can be read where it is a directory, or the caller may not write.
 */
export function openPathOnly({ view }: WorkerContext, tree: number, name: string, flags: number): number {
  const kept = flags & (O_DIRECTORY | O_NOFOLLOW);
  const closed = (flags & O_DIRECTORY) === 0 ? view.openAt(tree, name, kept | O_ACCMODE) : -EISDIR;
  return closed === -EISDIR || closed === -EACCES ? view.openAt(tree, name, kept) : closed;
}

/** The root of the tree of stand-ins, where names of kernel-files/on-behalf.ts are opened. */
export function standInRoot(context: WorkerContext): number | undefined {
  if (context.standIns === undefined) {
    const answer = context.ask({ kind: 'stand-ins' });
    const root = answer?.value !== undefined ? context.daemon.copy(answer.value) : -1;
    if (root >= 0) context.standIns = root;
  }
  return context.standIns;
}
