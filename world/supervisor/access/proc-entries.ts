/**
 * Files of a process in /proc that nobody needs to be asked about: the caller's own, when all that can be asked about files with its own
 * label is granted, and any, when nothing is asked about what the caller does to files.
 *
 * Model: as in foreseen.ts, what the kernel itself will say does not matter if the modules allow silently whatever it may ask them. An
 * entry of a process, and each directory on the way to it, has the label of that process (security_task_to_inode()); `/proc` and the links
 * in it have one of their filesystem, as long as they are mounted. Links to files of processes, and what is a look into the process, are
 * not found here. The mount may not show another pid namespace, and the caller may be no thread beside the first one, whose label could be
 * another.
 */
import { ERRNO } from '../../../linux/errno.ts';
import {
  AT_FDCWD,
  O_DIRECTORY,
  O_NOFOLLOW,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from '../../../linux/fcntl.ts';
import { MAY_EXEC } from '../../../linux/fs.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { inodeClass } from '../../../lsm/framework/files/inode.ts';
import { type FileStamp, stampOf } from '../caller/file-stamp.ts';
import type { WorkerContext } from '../context.ts';
import { type NewPlace, search } from './foreseen.ts';
import type { KnownProc } from './known-procs.ts';
import { isLook } from './process-files.ts';

const { ENOENT } = ERRNO;
const ENTRY = /^\/proc\/(self|thread-self|[1-9]\d*)(?:\/task\/([1-9]\d*))?(?:\/(attr(?:\/[a-z_]+){0,2}|[a-z_]+))?$/;
const PROC_ROOT_INO = 1n;
const BENEATH = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
const ALL_MAY_SEARCH = 0o111;

/** All that can be asked about a file of a process, and where there is none; absent = it is not known. */
export interface EntryChecks {
  readonly existing: ((file: FileFacts, fd: number) => readonly AccessCheck[]) | undefined;
  readonly missing: ((place: NewPlace) => readonly AccessCheck[]) | undefined;
}

/** Is all of this call granted? `false` = it is not known. */
export function grantsProcEntry(context: WorkerContext, path: string, checks: EntryChecks): boolean {
  const { call, mediator, view } = context;
  const match = ENTRY.exec(path);
  if (match === null || mediator === undefined) return false;
  const [, process = '', thread, entry = ''] = match;
  if (isLook(entry)) return false;
  const tgid = view.status(call.tid)?.tgid;
  const leader = process === 'self' ? tgid : Number(process);
  const isOwn = tgid === call.tid && (process === 'thread-self' || leader === tgid) && Number(thread ?? tgid) === tgid;
  const isExempt = mediator.isExempt(call.tid);
  if (!isOwn && !isExempt) return false;
  const root = view.starts.of(call.tid, AT_FDCWD, true);
  if (root < 0) return false;
  const proc = view.openCached(call.tid, root, 'proc', O_DIRECTORY | O_NOFOLLOW, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
  if (proc < 0) return false;
  const opened = [proc];
  const open = (name: string): number => {
    const fd = view.openAt2(proc, name, O_NOFOLLOW, BENEATH);
    if (fd >= 0) opened.push(fd);
    return fd;
  };
  try {
    const known = knownProc(context, proc);
    if (known === undefined) return false;
    const head = process === 'thread-self' ? `${tgid}/task/${call.tid}` : `${leader}`;
    const name = [head, ...(thread === undefined ? [] : ['task', thread]), ...(entry === '' ? [] : [entry])].join('/');
    if (isExempt) {
      const fd = open(name);
      return fd === -ENOENT || (fd >= 0 && view.identity(fd)?.link === false);
    }
    const directory = mediator.lookByLabel(root, call.tid);
    const link = known.links.get(process);
    if (directory === undefined) return false;
    const way: AccessCheck[] = [
      ...search(context, directory, root),
      { hook: 'inodePermission', about: { file: known.root, mask: MAY_EXEC } },
      ...(link === undefined ? [] : [{ hook: 'inodeFollowLink', about: { file: link } } as const]),
      { hook: 'inodePermission', about: { file: ownDirectory(context, known, head), mask: MAY_EXEC } },
    ];
    if (!mediator.grants(call.tid, way)) return false;
    const asked = askedAbout(context, known, name, open, checks);
    return asked !== undefined && mediator.grants(call.tid, asked);
  } finally {
    for (const fd of opened) view.close(fd);
  }
}

function knownProc(context: WorkerContext, proc: number): KnownProc | undefined {
  const stamp = stampOf(context.view, proc);
  if (stamp?.isMountUnique !== true || !stamp.isMountRoot || stamp.ino !== PROC_ROOT_INO) return undefined;
  return context.mediator?.procs.find(stamp.mount, () => lookAtProc(context, proc));
}

function lookAtProc({ call, mediator, namespaces, view }: WorkerContext, proc: number): KnownProc | undefined {
  if (view.filesystemMagic(proc, call.tid) !== PROC_SUPER_MAGIC || !namespaces.isOurs(proc)) return undefined;
  const root = mediator?.look(proc, call.tid);
  if (root?.inode.filesystem.type !== 'proc' || (root.mode & ALL_MAY_SEARCH) !== ALL_MAY_SEARCH) return undefined;
  const links = new Map<string, FileFacts>();
  for (const name of ['self', 'thread-self']) {
    const fd = view.openAt2(proc, name, O_NOFOLLOW, RESOLVE_NO_XDEV);
    const link = fd < 0 ? undefined : mediator?.look(fd, call.tid);
    if (fd >= 0) view.close(fd);
    if (link?.inode.class !== 'lnk_file') return undefined;
    links.set(name, link);
  }
  return { root, links };
}

/** `undefined` = not known. @param open an entry by its path in procfs. */
function askedAbout(
  context: WorkerContext,
  known: KnownProc,
  name: string,
  open: (name: string) => number,
  { existing, missing }: EntryChecks,
): readonly AccessCheck[] | undefined {
  const { view } = context;
  const fd = open(name);
  if (fd === -ENOENT && missing !== undefined) {
    const place = name.lastIndexOf('/');
    const parent = open(name.slice(0, place));
    const stamp = parent < 0 ? undefined : stampOf(view, parent);
    if (stamp === undefined) return undefined;
    const directory = ownFile(context, known, name.slice(0, place), stamp);
    return missing({ directory, name: name.slice(place + 1), fd: parent });
  }
  const stamp = fd < 0 ? undefined : stampOf(view, fd);
  if (stamp === undefined) return undefined;
  const file = ownFile(context, known, name, stamp);
  return file.inode.class === 'lnk_file' ? undefined : existing?.(file, fd);
}

function ownFile(
  { call }: WorkerContext,
  { root }: KnownProc,
  name: string,
  { mode, ino, uid, gid }: Pick<FileStamp, 'gid' | 'ino' | 'mode' | 'uid'>,
): FileFacts {
  const { filesystem } = root.inode;
  const path = `/${name}`;
  const inode = {
    class: inodeClass(mode),
    filesystem,
    path,
    ino: Number(ino),
    uid,
    gid,
    xattrs: {},
    process: call.tid,
  };
  return { path: `${root.path}${path}`, device: root.device, mode, inode };
}

/** Those on the way, which all may search. */
function ownDirectory(context: WorkerContext, known: KnownProc, name: string): FileFacts {
  return ownFile(context, known, name, { mode: known.root.mode, ino: 0n, uid: 0, gid: 0 });
}
