/**
 * Follows a path one name at a time, for callers whose mountinfo lists filesystems that can block us (hazards.ts): the
 * walk ends before it asks one of them.
 *
 * Model: link_path_walk() of fs/namei.c. A name is looked up only in a directory whose filesystem cannot block us.
 * Crossing into a mount asks its filesystem nothing, except where the host's audit reads an attribute of each named
 * file: there the walk ends before such a mount, too. Links of procfs to files of processes are followed as
 * process-links.ts does.
 */

import { ERRNO } from '../../../linux/errno.ts';
import { O_DIRECTORY, O_NOFOLLOW } from '../../../linux/fcntl.ts';
import { MAXSYMLINKS } from '../../../linux/fs.ts';
import type { Tid } from '../../../linux/ids.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import { ownEntry } from './own-entry.ts';
import type { FileCalls, OwnFiles } from './own-files.ts';
import type { ProcessLinks } from './process-links.ts';
import type { ProcessStatus } from './process-status.ts';

const { EAGAIN, ENOTDIR, ELOOP } = ERRNO;
/** Links in the root of procfs, which lead to a name; `net` is one of a process in its directory `ns`. */
const PLAIN_LINKS: ReadonlySet<string> = new Set(['self', 'thread-self', 'mounts', 'net']);
const PROC_ROOT_INO = 1;

export interface CarefulWalk {
  readonly tid: Tid;
  /** Descriptors of the directory that the path starts from, and of the root; they stay open. */
  readonly start: number;
  readonly root: number;
  readonly path: string;
  /** O_NOFOLLOW, O_DIRECTORY */
  readonly flags: number;
  /** RESOLVE_CACHED, or 0. */
  readonly restriction: number;
}

/** What the walk asks about the caller. */
interface WalkView
  extends Pick<FileCalls, 'close' | 'duplicate' | 'identity' | 'mountId' | 'readlinkAt'>,
    Pick<OwnFiles, 'deviceOf'> {
  mayAsk(fd: number, tid: Tid): boolean;
  filesystemMagic(fd: number, tid: Tid): number;
  openNext(tid: Tid, directory: number, name: string, restriction: number): number;
  status(tid: Tid): Pick<ProcessStatus, 'tgid'> | undefined;
  readonly processLinks: Pick<ProcessLinks, 'follow'>;
}

/** @returns a descriptor (O_PATH) or a negative errno; EAGAIN = the next step could block us. */
export function walkCarefully(view: WalkView, { tid, start, root, path, flags, restriction }: CarefulWalk): number {
  const waits = (fd: number): boolean => !view.mayAsk(fd, tid);
  const slash = /\/\.?$/.test(path);
  let names = split(path);
  let here = view.duplicate(path.startsWith('/') ? root : start);
  for (let links = 0; here >= 0; ) {
    const [name, ...rest] = names;
    if (name === undefined) break;
    names = rest;
    if (waits(here)) return leave(view, here, -EAGAIN);
    if (name === '..' && isSame(view, here, root)) continue;
    const next = view.openNext(tid, here, name, restriction);
    if (next < 0) return leave(view, here, next);
    const followed = rest.length > 0 || slash || (flags & O_NOFOLLOW) === 0;
    const isLink = followed && view.identity(next)?.link === true && !waits(next);
    const inProc = isLink && view.filesystemMagic(next, tid) === PROC_SUPER_MAGIC;
    if (inProc && !isPlain(view, here, name)) {
      // Not even read: that can wait for an execve(2) of the process whose link it is.
      view.close(next);
      const cannot = ++links > MAXSYMLINKS ? -ELOOP : restriction === 0 ? 0 : -EAGAIN;
      const target = cannot < 0 ? cannot : view.processLinks.follow(tid, here, name, undefined);
      view.close(here);
      here = target;
      continue;
    }
    const link = isLink ? view.readlinkAt(next, '') : undefined;
    if (link === undefined) {
      view.close(here);
      here = next;
      continue;
    }
    view.close(next);
    if (++links > MAXSYMLINKS) return leave(view, here, -ELOOP);
    const meant = inProc ? ofCaller(view, tid, name, link) : link;
    if (meant === undefined) return leave(view, here, -EAGAIN);
    names = [...split(meant), ...rest];
    if (!link.startsWith('/')) continue;
    view.close(here);
    here = view.duplicate(root);
  }
  const mustBeDirectory = slash || (flags & O_DIRECTORY) !== 0;
  return here >= 0 && mustBeDirectory && view.identity(here)?.directory !== true ? leave(view, here, -ENOTDIR) : here;
}

const split = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');

/** What the caller reads in a link of procfs where we read `text`; `undefined` = not known: a procfs of another pid namespace. */
function ofCaller(view: WalkView, tid: Tid, name: string, text: string): string | undefined {
  const tgid = view.status(tid)?.tgid;
  const own = tgid && ownEntry(name, tgid, tid);
  if (own === undefined) return text;
  return text.split('/')[0] === String(process.pid) ? own : undefined;
}

function isPlain(view: WalkView, directory: number, name: string): boolean {
  return PLAIN_LINKS.has(name) && (name !== 'net' || view.identity(directory)?.ino === PROC_ROOT_INO);
}

function leave(view: WalkView, fd: number, result: number): number {
  view.close(fd);
  return result;
}

function isSame(view: WalkView, one: number, other: number): boolean {
  const [a, b] = [view.identity(one), view.identity(other)];
  if (a === undefined || b === undefined || a.ino !== b.ino || view.deviceOf(one) !== view.deviceOf(other))
    return false;
  return view.mountId(one) === view.mountId(other);
}
