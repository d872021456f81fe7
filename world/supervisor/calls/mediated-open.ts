/**
 * What open(2) and its relatives ask the modules: path_openat(), may_open() and do_open() of fs/namei.c, Linux 6.12.
 *
 * The kernel's own refusals come first, so what it will refuse by itself is left to it: kinds of files, permissions, read-only filesystems.
 */

import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { CAP } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import {
  AT_FDCWD,
  MAX_HANDLE_SZ,
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOATIME,
  O_NOFOLLOW,
  O_PATH,
  O_TMPFILE,
  O_TRUNC,
  O_WRONLY,
  OPEN_HOW_SIZE,
  opensForReading,
  opensForWriting,
} from '../../../linux/fcntl.ts';
import { MAY_APPEND, MAY_EXEC, MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { S_IFREG } from '../../../linux/stat.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { ATTR } from '../../../lsm/framework/access/file-access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { askedOnce, capabilityCheck, credentialsOf, isReadOnly, ownerOrCapable, refuse } from '../access/calls.ts';
import { flagsOfOpen } from '../access/deciding-flags.ts';
import type { NewPlace } from '../access/foreseen.ts';
import { permissionChecks } from '../access/inode-permission.ts';
import { lookChecks } from '../access/process-files.ts';
import type { Walked } from '../access/walk.ts';
import { copyDescriptor } from '../caller/caller-descriptor.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

const { EACCES, ENOENT, EINVAL, EAGAIN } = ERRNO;
const HANDLE_HEADER = 8;

const open: Handler = (context) => opens(context, AT_FDCWD, 0, context.call.low(1));
const openat: Handler = (context) => opens(context, context.call.fd(0), 1, context.call.low(2));
const creat: Handler = (context) => opens(context, AT_FDCWD, 0, O_CREAT | O_WRONLY | O_TRUNC);
const openat2: Handler = (context) => {
  const { call, memory } = context;
  if (memory.read(call.tid, call.low(2), call.high(2), OPEN_HOW_SIZE) < OPEN_HOW_SIZE) return;
  const how = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, OPEN_HOW_SIZE);
  // The walk does not know the restrictions of RESOLVE_*.
  if (how.getUint32(16, true) === 0) opens(context, call.fd(0), 1, how.getUint32(0, true));
};

/** (descriptor of the mount, struct file_handle { u32 handle_bytes; int handle_type; u8 f_handle[]; }, flags) */
const open_by_handle_at: Handler = (context) => {
  const { call, view } = context;
  const needed = capabilityCheck(context, CAP.DAC_READ_SEARCH);
  if (needed.length === 0) return; // EPERM, or a capability in another user namespace
  const file = fileOfHandle(context);
  const checks =
    file < 0 ? [] : openChecks(context, { checks: [], name: '', parent: -1, slash: false, file }, call.low(2));
  if (file >= 0) view.close(file);
  refuse(context, [...needed, ...checks]);
};

/** O_PATH, or a negative errno; also where decoding the handle could block us. */
function fileOfHandle({ call, memory, view }: WorkerContext): number {
  if (memory.read(call.tid, call.low(1), call.high(1), HANDLE_HEADER) < HANDLE_HEADER) return -EINVAL;
  const size = HANDLE_HEADER + new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 4).getUint32(0, true);
  if (size > HANDLE_HEADER + MAX_HANDLE_SZ) return -EINVAL;
  const mount = copyDescriptor(view, call.tid, call.fd(0));
  if (mount < 0) return mount;
  let found = -EAGAIN;
  if (view.mayAsk(mount, call.tid) && memory.read(call.tid, call.low(1), call.high(1), size) === size) {
    view.result.set(memory.bytes.subarray(0, size));
    found = rawSyscall(NR.open_by_handle_at, mount, view.resultAddress, O_PATH | O_CLOEXEC);
  }
  view.close(mount);
  return found;
}

/** Opening a file for the caller, or by the kernel for a call of his. @param path number of the argument. */
export function opens(context: WorkerContext, dirfd: CallerFd, path: number, given: number): void {
  const flags = flagsOfOpen(given);
  // build_open_flags(): kernels before 6.4 made a file.
  if ((flags & (O_CREAT | O_DIRECTORY)) === (O_CREAT | O_DIRECTORY) && (flags & O_PATH) === 0) {
    context.call.fail(EINVAL);
    return;
  }
  const exclusive = (flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL);
  const follow = (flags & O_NOFOLLOW) === 0 && !exclusive;
  // The check of O_NOATIME depends on the caller.
  const each = (flags & O_TMPFILE) === O_TMPFILE || (flags & O_NOATIME) !== 0;
  const what = each ? '' : `open ${flags}`;
  const creates = (flags & O_CREAT) !== 0;
  const known =
    (flags & O_PATH) !== 0 ? () => [] : (file: FileFacts, fd: number) => allOfExisting(context, file, fd, flags);
  askedOnce(context, { dirfd, path, follow }, (walked) => openChecks(context, walked, flags), {
    what: exclusive ? '' : what,
    remembered: creates ? 'existing' : 'missing',
    ...(!exclusive && { existing: known }),
    ...(!each && { missing: (place) => (creates && (flags & O_PATH) === 0 ? allOfNew(context, place, flags) : []) }),
  });
}

function openChecks(context: WorkerContext, walked: Omit<Walked, 'close'>, flags: number): AccessCheck[] {
  if ((flags & O_PATH) !== 0) return [];
  if ((flags & O_TMPFILE) === O_TMPFILE) return unnamedChecks(context, walked, flags);
  if (walked.file >= 0) return existingChecks(context, walked, flags);
  return walked.file === -ENOENT && (flags & O_CREAT) !== 0 ? newChecks(context, walked, flags) : [];
}

function existingChecks(
  context: WorkerContext,
  { file, slash }: Pick<Walked, 'file' | 'slash'>,
  flags: number,
): AccessCheck[] {
  const { call, view, mediator } = context;
  const exclusive = (flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL);
  const seen = exclusive ? undefined : mediator?.look(file, call.tid);
  if (seen === undefined) return [];
  const { class: objectClass } = seen.inode;
  const directory = objectClass === 'dir';
  const mask = openMask(flags);
  if (objectClass === 'lnk_file') return []; // ELOOP
  if (!directory && (slash || (flags & O_DIRECTORY) !== 0)) return []; // ENOTDIR
  if (directory && ((flags & O_CREAT) !== 0 || (mask & MAY_WRITE) !== 0)) return []; // EISDIR
  const byMode = view.permits(call.tid, file, mask & (MAY_READ | MAY_WRITE));
  if (byMode < 0) {
    if (byMode === -EACCES) noteMode(context, seen, mask);
    return [];
  }
  const owner = (flags & O_NOATIME) === 0 ? [] : ownerOrCapable(context, seen);
  const [permitted, opened] = permissionAndOpen(context, seen, file, flags);
  if (owner === undefined) return permitted; // EPERM
  const [itself, ...truncated] = opened;
  return [...permitted, ...owner, ...(itself ? [itself] : []), ...lookChecks(context, seen, 'open'), ...truncated];
}

function noteMode({ ask, call }: WorkerContext, { inode }: FileFacts, mask: number): void {
  const wanted = [
    ...((mask & MAY_READ) === 0 ? [] : ['read' as const]),
    ...((mask & MAY_WRITE) === 0 ? [] : ['write' as const]),
  ];
  ask({ kind: 'mode-refused', tid: call.tid, path: inode.path, wanted });
}

/** What is asked about a file that is there, of no process, where the kernel permits all. */
function allOfExisting(context: WorkerContext, seen: FileFacts, file: number, flags: number): AccessCheck[] {
  return permissionAndOpen(context, seen, file, flags).flat();
}

function permissionAndOpen(
  context: WorkerContext,
  seen: FileFacts,
  file: number,
  flags: number,
): readonly [permission: AccessCheck[], open: AccessCheck[]] {
  const truncates = (flags & O_TRUNC) !== 0 && seen.inode.class === 'file';
  return [
    permissionChecks(context, seen, file, openMask(flags)),
    [{ hook: 'fileOpen', about: { file: seen, flags } }, ...(truncates ? truncation(seen) : [])],
  ];
}

const truncation = (file: FileFacts): AccessCheck[] => [
  { hook: 'pathTruncate', about: { file } },
  { hook: 'inodeSetattr', about: { file, attributes: ATTR.SIZE | ATTR.MTIME | ATTR.FILE } },
];

function newChecks(
  context: WorkerContext,
  { directory, name, parent, slash }: Omit<Walked, 'close'>,
  flags: number,
): AccessCheck[] {
  const { call, view } = context;
  if (directory === undefined || slash || isReadOnly(context, parent) || isServed(directory)) return [];
  const all = allOfNew(context, { directory, name, fd: parent }, flags, credentialsOf(context)?.fsuid);
  const asked = view.permits(call.tid, parent, MAY_WRITE | MAY_EXEC) < 0 ? all.slice(0, 1) : all;
  if (directory.inode.filesystem.type !== 'proc') return asked;
  // lookup_open(): that nothing may be made counts after the look-up, which is an error by itself in procfs.
  return asked.filter(({ hook }) => hook !== 'fileOpen').map((check): AccessCheck => ({ ...check, refusal: 'ENOENT' }));
}

/** What is asked about a new file where the kernel permits all. */
function allOfNew(
  context: WorkerContext,
  { directory, name, fd }: NewPlace,
  flags: number,
  owner?: number,
): AccessCheck[] {
  const made = { class: 'file', name } as const;
  return [
    { hook: 'pathMknod', about: { directory, made } },
    ...permissionChecks(context, directory, fd, MAY_WRITE | MAY_EXEC),
    { hook: 'inodeCreate', about: { directory, made } },
    { hook: 'fileOpen', about: { file: newFile(directory, name, owner), flags, directory, made } },
  ];
}

/** A name that the host's /proc/PID/attr lacks is one that we serve (`display`): it is there, or is refused by us. */
function isServed({ inode }: FileFacts): boolean {
  return inode.process !== undefined && /\/attr$/.test(inode.path);
}

/** O_TMPFILE: the path is that of the directory. */
function unnamedChecks(context: WorkerContext, { file: fd }: Pick<Walked, 'file'>, flags: number): AccessCheck[] {
  const { call, view, mediator } = context;
  const directory = fd < 0 ? undefined : mediator?.look(fd, call.tid);
  if (directory?.inode.class !== 'dir' || !opensForWriting(flags)) return [];
  if (view.permits(call.tid, fd, MAY_WRITE | MAY_EXEC) < 0) return [];
  const made = { class: 'file', name: '' } as const;
  // Its own number is not known yet; rules are to see one.
  const file = newFile(directory, `#${directory.inode.ino}`, credentialsOf(context)?.fsuid);
  return [
    ...permissionChecks(context, directory, fd, MAY_WRITE | MAY_EXEC),
    { hook: 'fileOpen', about: { file, flags, directory, made } },
  ];
}

function newFile(directory: FileFacts, name: string, owner = 0) {
  const path = `${directory.path.replace(/\/$/, '')}/${name}`;
  return { path, mode: S_IFREG, uid: owner };
}

/** The acc_mode of build_open_flags(). */
function openMask(flags: number): number {
  const mode = flags & O_ACCMODE;
  const read = opensForReading(mode) ? MAY_READ : 0;
  const written = opensForWriting(mode) || (flags & O_TRUNC) !== 0 ? MAY_WRITE : 0;
  return read | written | ((flags & O_APPEND) === 0 ? 0 : MAY_APPEND);
}

export const calls = always('mediate-files', { open, openat, creat, openat2, open_by_handle_at });
