/**
 * Files of processes in /proc that nobody needs to be asked about: when all that can be asked about files with the label of the process
 * is granted, and any, when nothing is asked about what the caller does to files.
 *
 * Model: as in foreseen.ts, what the kernel itself will say does not matter if the modules allow silently whatever it may ask them. An
 * entry of a process or thread, and each directory on the way to it, has the label of that task (security_task_to_inode()), which is
 * known by what it is judged as an object (task-objects.ts); `/proc` and the links in it have one of their filesystem, as long as they are
 * mounted. Links to files of processes are not found here. The mount may not show another pid namespace.
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
import { type Tid, tgidOf, tidOf } from '../../../linux/ids.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { inodeClass } from '../../../lsm/framework/files/inode.ts';
import { type FileStamp, stampOf } from '../caller/file-stamp.ts';
import type { WorkerContext } from '../context.ts';
import { fdinfoChecks } from './fdinfo-checks.ts';
import { type NewPlace, search } from './foreseen.ts';
import type { KnownProc } from './known-procs.ts';
import { lookChecks } from './process-files.ts';

const { ENOENT } = ERRNO;
const ENTRY =
  /^\/proc\/(self|thread-self|[1-9]\d*)(?:\/task\/([1-9]\d*))?(?:\/(attr(?:\/[a-z_]+){0,2}|fdinfo\/\d+|[a-z_]+))?$/;
const PROC_ROOT_INO = 1n;
const BENEATH = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
const ALL_MAY_SEARCH = 0o111;

/** All that can be asked about a file of a process, and where there is none; absent = it is not known. */
export interface EntryChecks {
  readonly existing: ((file: FileFacts, fd: number) => readonly AccessCheck[]) | undefined;
  readonly missing: ((place: NewPlace) => readonly AccessCheck[]) | undefined;
}

/** A directory on the way to an entry, by its path in procfs, and whose label it has. */
interface OnTheWay {
  readonly name: string;
  readonly owner: Tid;
}

/** Is all of this call granted? `false` = it is not known. */
export function grantsProcEntry(context: WorkerContext, path: string, checks: EntryChecks): boolean {
  const { call, fastPath, mediator, view } = context;
  const match = ENTRY.exec(path);
  if (match === null || mediator === undefined) return false;
  const [, process = '', thread, entry = ''] = match;
  const way = wayTo(context, process, thread);
  const last = way?.at(-1);
  if (way === undefined || last === undefined) return false;
  const root = view.starts.of(call.tid, AT_FDCWD, true);
  const isExempt = mediator.isExempt(call.tid);
  const directory = root < 0 || isExempt ? undefined : mediator.lookByLabel(root, call.tid);
  if (root < 0 || (directory === undefined && !isExempt)) return false;
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
    const name = entry === '' ? last.name : `${last.name}/${entry}`;
    if (directory !== undefined) {
      const link = known.links.get(process);
      const searched: AccessCheck[] = [
        ...search(context, directory, root),
        { hook: 'inodePermission', about: { file: known.root, mask: MAY_EXEC } },
        ...(link === undefined ? [] : [{ hook: 'inodeFollowLink', about: { file: link } } as const]),
        ...(entry === '' ? way.slice(0, -1) : way).map((one) => ({
          hook: 'inodePermission' as const,
          about: { file: directoryOf(known, one), mask: MAY_EXEC },
        })),
      ];
      if (!mediator.grants(call.tid, searched)) return false;
    }
    if (entry.startsWith('fdinfo') && mediator.families.has('tasks')) {
      const fdinfo = directoryOf(known, { name: `${last.name}/fdinfo`, owner: last.owner });
      if (!mediator.grants(call.tid, fdinfoChecks(view, call.tid, fdinfo))) return false;
    }
    const asked = askedAbout(context, known, { name, owner: last.owner }, open, isExempt ? undefined : checks);
    const granted = asked !== undefined && mediator.grants(call.tid, asked.checks);
    if (granted && asked.stamp !== undefined) fastPath?.learned.ownEntry(asked.stamp);
    return granted;
  } finally {
    for (const fd of opened) view.close(fd);
  }
}

/** Directories of tasks on the way to an entry; `undefined` = the caller has ended. @param thread below `task`. */
function wayTo({ call, view }: WorkerContext, process: string, thread: string | undefined): OnTheWay[] | undefined {
  const tgid = /^\d/.test(process) ? tgidOf(Number(process)) : view.status(call.tid)?.tgid;
  if (tgid === undefined) return undefined;
  const below = process === 'thread-self' ? call.tid : thread === undefined ? undefined : tidOf(Number(thread));
  const leader = { name: String(tgid), owner: tgid };
  return below === undefined ? [leader] : [leader, { name: `${tgid}/task/${below}`, owner: below }];
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

/**
 * @param entry by its path in procfs. @param open such a path. @param checks absent = none but of looks.
 * @returns `stamp` is that of the file, absent where there is none; `undefined` = not known.
 */
function askedAbout(
  context: WorkerContext,
  known: KnownProc,
  entry: OnTheWay,
  open: (name: string) => number,
  checks: EntryChecks | undefined,
): { readonly checks: readonly AccessCheck[]; readonly stamp?: FileStamp } | undefined {
  const { view } = context;
  const { name, owner } = entry;
  const fd = open(name);
  if (fd === -ENOENT) {
    if (checks === undefined) return { checks: [] };
    const place = name.lastIndexOf('/');
    const parent = place < 0 ? -ENOENT : open(name.slice(0, place));
    const stamp = parent < 0 ? undefined : stampOf(view, parent);
    if (stamp === undefined) return undefined;
    const directory = fileOf(known, { name: name.slice(0, place), owner }, stamp);
    const all = checks.missing?.({ directory, name: name.slice(place + 1), fd: parent });
    return all && { checks: all };
  }
  const stamp = fd < 0 ? undefined : stampOf(view, fd);
  if (stamp === undefined) return undefined;
  const file = fileOf(known, entry, stamp);
  if (file.inode.class === 'lnk_file') return undefined;
  const looks = lookChecks(context, file, 'open');
  if (checks === undefined) return { checks: looks, stamp };
  const all = checks.existing?.(file, fd);
  return all && { checks: [...all, ...looks], stamp };
}

function fileOf(
  { root }: KnownProc,
  { name, owner }: OnTheWay,
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
    process: owner,
  };
  return { path: `${root.path}${path}`, device: root.device, mode, inode };
}

/** Those on the way, which all may search. */
function directoryOf(known: KnownProc, directory: OnTheWay): FileFacts {
  return fileOf(known, directory, { mode: known.root.mode, ino: 0n, uid: 0, gid: 0 });
}
