/**
 * The file that a system call on attributes is about: looked up as its caller would, looked at, and closed before the call is answered.
 */
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_PATH } from '../../../linux/fcntl.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { ANON_INODE_FS_MAGIC } from '../../../linux/magic.ts';
import { infoOf } from '../access/descriptors.ts';
import { ofSocket, socketOf } from '../access/socket-view.ts';
import type { InspectedFile } from '../caller/file-inspector.ts';
import type { WorkerContext } from '../context.ts';
import { openAttrStandIn } from '../stand-ins/attr-stand-in.ts';
import type { AskedAttributes } from '../uses/reported-use.ts';

const { EBADF, ENOENT, EOPNOTSUPP } = ERRNO;

export interface Target {
  /** Argument of a descriptor, or of the directory a path starts from; absent = the working directory. */
  readonly fd?: number;
  /** Argument of the path; absent = the descriptor itself. */
  readonly path?: number;
  readonly follow: boolean;
  /** An empty path, or none, means what it would start from (AT_EMPTY_PATH). */
  readonly takesEmpty?: boolean;
}

/** @returns what the call returns, a negative errno included; `undefined` = the host is to go on. */
export type Operation = (context: WorkerContext, fd: number, file: InspectedFile) => number | undefined;

/**
 * Answers with `operation` on the file; leaves the call to the host when the file is not found or not ordinary. Our
 * descriptors are closed before the answer: the caller may unmount the filesystem next.
 * @param asked name of the attribute; absent = it is about the list of all. `into`: it is read, so it must be what it is by now.
 */
export function onFile(
  context: WorkerContext,
  target: Target,
  operation: Operation,
  { name, into }: { readonly name?: string; readonly into?: Omit<AskedAttributes, 'name'> },
): void {
  const { call, files, view } = context;
  const { fd, standIn } = openTarget(context, target);
  if (fd < 0) {
    view.shortage.answer(call, context.log);
    return;
  }
  let result: number | undefined;
  try {
    if (!standIn && into !== undefined && (name === undefined || context.contentXattrs.has(name)))
      context.fileUses?.updateXattr(fd, { ...into, ...(name !== undefined && { name }) });
    if (call.answered) return;
    const file = standIn || files.names.size > 0 ? look(context, target, fd) : undefined;
    if (file !== undefined) result = operation(context, fd, file);
    else if (name !== undefined && files.isOfHost(name) && !files.isOurs(fd)) result = -EOPNOTSUPP;
    // As procfs answers where no module decides.
    if (standIn) result ??= name === undefined ? 0 : -EOPNOTSUPP;
  } finally {
    view.close(fd);
    view.starts.forget();
  }
  if (result === undefined) {
    view.shortage.answer(call, context.log);
    return;
  }
  if (result < 0) call.fail(-result);
  else call.succeed(result);
}

/** While metadata are guarded there is more to know of a file. */
function look(context: WorkerContext, target: Target, fd: number): InspectedFile | undefined {
  const { call, files, guard } = context;
  const file = guard === undefined ? files.look(fd, call.tid) : guard.look(fd, call.tid);
  if (file?.inode.class !== 'sock_file' || target.path !== undefined) return file;
  const socket = socketOf(context, call.fd(target.fd ?? 0));
  return socket === undefined ? file : { ...file, inode: ofSocket(file.inode, socket) };
}

interface Opened {
  /** Or a negative errno. */
  readonly fd: number;
  /** The descriptor is of a stand-in, because the host lacks the named file (attr-stand-in.ts). */
  readonly standIn?: boolean;
}

export function openTarget(context: WorkerContext, { fd, path, follow, takesEmpty }: Target): Opened {
  const { call, memory, view } = context;
  if (path === undefined) return { fd: openDescriptor(context, call.fd(fd ?? 0)) };
  const text = call.isNull(path) ? '' : memory.readString(call.tid, call.low(path), call.high(path));
  if (typeof text === 'number') return { fd: -ENOENT };
  const directory = fd === undefined ? AT_FDCWD : call.fd(fd);
  if (text === '') return { fd: takesEmpty === true ? view.openStart(call.tid, directory, false) : -ENOENT };
  if (leadsToOurs(context, text)) return { fd: -ENOENT };
  const found = view.resolveForCaller(call.tid, directory, text, follow ? 0 : O_NOFOLLOW);
  return found === -ENOENT ? { fd: openAttrStandIn(context, directory, text), standIn: true } : { fd: found };
}

/**
 * An O_PATH descriptor is EBADF to these calls, as the host says itself. What fdinfo tells of a file without a place can
 * wait for who uses it, so that is not looked at: it has been opened by the call that made it.
 */
function openDescriptor({ call, view }: WorkerContext, descriptor: CallerFd): number {
  const file = view.openDescriptor(call.tid, descriptor);
  if (file < 0 || view.filesystemMagic(file, call.tid) === ANON_INODE_FS_MAGIC) return file;
  if (((infoOf(view, call.tid, descriptor)?.flags ?? 0) & O_PATH) === 0) return file;
  view.close(file);
  return -EBADF;
}

/** Served filesystems have no symbolic links that lead elsewhere, so such a path is not resolved: that would cost a request per name. */
function leadsToOurs({ call, files, sysPlaces, view }: WorkerContext, path: string): boolean {
  const place = sysPlaces.find((known) => path.startsWith(known) && path[known.length] === '/');
  if (place === undefined || path.includes('/..')) return false;
  const fd = view.resolveForCaller(call.tid, AT_FDCWD, place, O_DIRECTORY);
  if (fd < 0) return false;
  const ours = files.answersItself(fd);
  view.close(fd);
  return ours;
}
