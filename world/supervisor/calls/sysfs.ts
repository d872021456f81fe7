/**
 * A sysfs that a process mounts, as containers do: it has the mount points of the world's filesystems
 * (sysfs-covers.ts), so the mount is made here.
 *
 * Model: do_new_mount() of fs/namespace.c. The mount is made inside of the caller's mount and network namespaces, so that
 * the kernel's checks (mount_too_revealing()) are those for the caller, and only where the caller may mount itself. On
 * any failure before it is attached the host's kernel continues with the call and returns its own errno.
 */

import { NR } from '../../../host/libc.ts';
import { detachedFilesystem } from '../../../host/mounts/mount.ts';
import { parseMountInfo } from '../../../host/procfs/mount-info.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { CAP, hasCapability } from '../../../linux/capability.ts';
import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_PATH } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import { NS_GET_USERNS } from '../../../linux/ioctl.ts';
import { SYSFS_MAGIC } from '../../../linux/magic.ts';
import {
  MNT_DETACH,
  MNT_EXPIRE,
  MNT_FORCE,
  MS_DIRSYNC,
  MS_LAZYTIME,
  MS_MANDLOCK,
  MS_RDONLY,
  MS_SYNCHRONOUS,
  UMOUNT_NOFOLLOW,
} from '../../../linux/mount.ts';
import { readAll } from '../../kernel-files/mount-table/read-all.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { attachInNamespaceOf, detachInNamespaceOf, visit } from '../caller/mount-namespace.ts';
import { inNamespaceOf } from '../caller/visit-namespace.ts';
import type { WorkerContext } from '../context.ts';
import { mountAttributes } from './mount-options.ts';

/** Superblock flags that are not supported here. */
const UNUSUAL = MS_SYNCHRONOUS | MS_MANDLOCK | MS_DIRSYNC | MS_LAZYTIME;
const TYPE_LIMIT = 16;

/** mount(source, target, type, flags, data) */
export function mountSysfs(context: WorkerContext, flags: number): void {
  const { call, memory, view } = context;
  const text = (index: number, limit?: number): string | undefined => {
    const read = memory.readString(call.tid, call.low(index), call.high(index), limit);
    return typeof read === 'string' ? read : undefined;
  };
  if (call.isNull(2) || text(2, TYPE_LIMIT) !== 'sysfs') return;
  if ((flags & UNUSUAL) !== 0 || (!call.isNull(4) && text(4) !== '')) return;
  const source = call.isNull(0) ? 'none' : text(0);
  const path = text(1);
  if (source === undefined || !/^[\x20-\x7e]*$/.test(source) || path === undefined || !mayAttach(context)) return;
  const target = view.resolveForCaller(call.tid, AT_FDCWD, path, 0);
  if (target < 0) return;
  const options = { source, ...((flags & MS_RDONLY) !== 0 && { ro: null }) };
  const root = inNamespaceOf(view, call.tid, 'net', () =>
    visit(view, call.tid, () => detachedFilesystem('sysfs', options, mountAttributes(flags))),
  );
  const attached = root >= 0 && isPlaceFor(view, root, target) && attach(context, root, target);
  if (root >= 0) view.close(root);
  view.close(target); // before the answer: it keeps a mount busy that the caller may want to end next
  if (attached) call.succeed(0);
}

/** move_mount(2) of a sysfs that is not attached. @param target where to. */
export function moveSysfs(context: WorkerContext, target: (context: WorkerContext) => number): void {
  const { call, view } = context;
  const isTheirs = isTheirSysfs(view, call.tid, call.fd(0));
  // A sysfs cannot block us.
  const root = isTheirs
    ? view.open(`/proc/${call.tid}/fd/${call.fd(0)}`, O_PATH)
    : view.openDescriptor(call.tid, call.fd(0));
  if (root < 0) return;
  let attached = false;
  if ((isTheirs || isSysfsRoot(view, root, call.tid)) && mayAttach(context)) {
    const place = target(context);
    if (place >= 0) {
      attached = attach(context, root, place);
      view.close(place);
    }
  }
  view.close(root);
  if (attached) call.succeed(0);
}

/** umount2(target, flags): our covers must not make it busy. */
export function unmountSysfs(context: WorkerContext, flags: number): void {
  const { call, memory, view, sysfsCovers } = context;
  if ((flags & (MNT_FORCE | MNT_DETACH | MNT_EXPIRE)) !== 0) return;
  const path = memory.readString(call.tid, call.low(0), call.high(0));
  if (typeof path !== 'string') return;
  const nofollow = (flags & UMOUNT_NOFOLLOW) === 0 ? 0 : O_NOFOLLOW;
  const root = view.resolveForCaller(call.tid, AT_FDCWD, path, nofollow);
  if (root < 0) return;
  const parents = isSysfsRoot(view, root, call.tid) && mayAttach(context) ? onlyCovers(context, root) : [];
  const name = parents.length === 0 ? undefined : view.readlinkAt(AT_FDCWD, `/proc/thread-self/fd/${root}`);
  const directory = name === undefined ? -1 : view.openAt(root, '..', O_PATH | O_DIRECTORY);
  const mayAsk = directory >= 0 && view.mayAsk(directory, call.tid);
  let result = mayAsk ? sysfsCovers.remove(call.tid, root, parents) : 0;
  view.close(root); // it would keep the mount busy
  if (name === undefined || !mayAsk) {
    if (directory >= 0) view.close(directory);
    return;
  }
  const last = name.slice(name.lastIndexOf('/') + 1);
  if (result === 0) result = detachInNamespaceOf(view, call.tid, directory, last, flags);
  if (result < 0) {
    const still = view.openAt(directory, last, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    if (still >= 0) {
      sysfsCovers.renew(call.tid, still, parents);
      view.close(still);
    }
  }
  view.close(directory);
  if (result < 0) call.fail(-result);
  else call.succeed(0);
}

/** @returns false = nothing was done, the host goes on. */
function attach(context: WorkerContext, root: number, target: number): boolean {
  const { call, view, sysfsCovers } = context;
  const covers = sysfsCovers.make(root);
  const attached = covers.length > 0 && call.waiting && attachInNamespaceOf(view, call.tid, root, target) === 0;
  if (attached) {
    visit(view, call.tid, () => {
      sysfsCovers.put(root, covers);
      return 0;
    });
  }
  sysfsCovers.close(covers);
  return attached;
}

/** The same filesystem twice at one place is refused. */
function isPlaceFor(view: CallerView, root: number, target: number): boolean {
  const [ours, here] = [view.identity(root), view.identity(target)];
  if (ours === undefined || here?.directory !== true) return false;
  return !(here.mountRoot && here.major === ours.major && here.minor === ours.minor);
}

function isSysfsRoot(view: CallerView, fd: number, tid: Tid): boolean {
  return view.identity(fd)?.mountRoot === true && view.filesystemMagic(fd, tid) === SYSFS_MAGIC;
}

/**
 * The same for a descriptor of the caller whose mount is in no mountinfo: its filesystem could block us, so its device
 * number is compared to that of the sysfs that the caller would get.
 */
function isTheirSysfs(view: CallerView, tid: Tid, descriptor: CallerFd): boolean {
  const found = view.identityOf(tid, descriptor);
  if (found?.mountRoot !== true || found.major !== 0) return false;
  const theirs = inNamespaceOf(view, tid, 'net', () => detachedFilesystem('sysfs'));
  const device = theirs < 0 ? undefined : view.deviceOf(theirs);
  if (theirs >= 0) view.close(theirs);
  return device === `0:${found.minor}`;
}

/** Parents that have covers, when nothing else is mounted in the sysfs. */
function onlyCovers({ call, view, sysfsCovers }: WorkerContext, root: number): string[] {
  const list = view.open(`/proc/${call.tid}/mountinfo`, 0);
  if (list < 0) return [];
  const mounts = parseMountInfo(readAll(list));
  view.close(list);
  const id = view.mountId(root);
  const ours = new Set(
    mounts.filter(({ parent, source }) => parent === id && source === sysfsCovers.source).map((mount) => mount.id),
  );
  const device = mounts.find((mount) => mount.id === id)?.device;
  const isForeign = mounts.some(
    (mount) => (mount.parent === id && !ours.has(mount.id)) || (ours.has(mount.parent) && mount.device !== device),
  );
  return isForeign ? [] : sysfsCovers.covered(root, (mountId) => ours.has(mountId));
}

/**
 * May the caller attach mounts, and make a sysfs? CAP_SYS_ADMIN in the user namespaces that own its mount and its network
 * namespace. A caller with no_new_privs may be confined by Landlock, which cannot be seen from here: its calls are left
 * to the host.
 */
function mayAttach({ call, view }: WorkerContext): boolean {
  const status = view.status(call.tid);
  if (status === undefined || status.noNewPrivs) return false;
  if (!hasCapability(status.effectiveCapabilities, CAP.SYS_ADMIN)) return false;
  const theirs = view.readlinkAt(AT_FDCWD, `/proc/${call.tid}/ns/user`);
  if (theirs === undefined) return false;
  if (theirs === view.readlinkAt(AT_FDCWD, '/proc/self/ns/user')) return true;
  return ['mnt', 'net'].every((kind) => ownerOf(view, `/proc/${call.tid}/ns/${kind}`) === theirs);
}

/** The user namespace that owns a namespace, `user:[N]`. */
function ownerOf(view: CallerView, namespace: string): string | undefined {
  const fd = view.open(namespace, 0);
  if (fd < 0) return undefined;
  const owner = rawSyscall(NR.ioctl, fd, NS_GET_USERNS);
  view.close(fd);
  if (owner < 0) return undefined;
  const name = view.readlinkAt(AT_FDCWD, `/proc/thread-self/fd/${owner}`);
  view.close(owner);
  return name;
}
