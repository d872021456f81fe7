/**
 * Links that the host's kernel follows or makes for nobody: may_follow_link() and may_linkat() of fs/namei.c, Linux 6.12. Each refusal is
 * an anomaly for audit (ANOM_LINK), and its errno alone does not tell it from others.
 */
import { AUDIT } from '../../../linux/audit.ts';
import { CAP, hasCapability } from '../../../linux/capability.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import type { Tid } from '../../../linux/ids.ts';
import { S_IFLNK, S_IFMT, S_IFREG, S_ISGID, S_ISUID, S_ISVTX } from '../../../linux/stat.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { Detail } from './detail.ts';

/** As the record has it in `op=`. */
export type RefusedLink = 'follow_link' | 'linkat';
/** Its record, which the daemon completes by the facts of the task. */
export function anomalyOf(link: RefusedLink | undefined): readonly Detail[] {
  return link === undefined ? [] : [{ type: AUDIT.ANOM_LINK, body: `op=${link}` }];
}

export type LinkView = Pick<CallerView, 'status' | 'permits' | 'readFile'>;

interface Owned {
  readonly mode: number;
  readonly uid: number;
}

const WRITABLE_BY_ALL = 0o2;
const STICKY = S_ISVTX | WRITABLE_BY_ALL;
const EXECUTABLE_BY_GROUP = 0o10;

/** Such a directory is one of those, like /tmp, in which links are not followed for everybody. */
export const isSticky = ({ mode }: Owned): boolean => (mode & STICKY) === STICKY;

/** @param link the last name of a path, in this directory. */
export function isNotFollowed(view: LinkView, tid: Tid, link: Owned, directory: Owned): boolean {
  if (!isSticky(directory) || (link.mode & S_IFMT) !== S_IFLNK || link.uid === directory.uid) return false;
  const user = view.status(tid)?.fsuid;
  return user !== undefined && user !== link.uid && isProtected(view, 'protected_symlinks');
}

/** @param fd O_PATH, of the file that is to be linked; its filesystem cannot block us. */
export function isNotLinked(view: LinkView, tid: Tid, source: Owned, fd: number): boolean {
  const caller = view.status(tid);
  if (caller === undefined || caller.fsuid === source.uid) return false;
  if (hasCapability(caller.effectiveCapabilities, CAP.FOWNER)) return false;
  const isSafe = isHarmless(source.mode) && view.permits(tid, fd, MAY_READ | MAY_WRITE) === 0;
  return !isSafe && isProtected(view, 'protected_hardlinks');
}

/** safe_hardlink_source(), but for permissions */
function isHarmless(mode: number): boolean {
  const runsAsGroup = S_ISGID | EXECUTABLE_BY_GROUP;
  return (mode & S_IFMT) === S_IFREG && (mode & S_ISUID) === 0 && (mode & runsAsGroup) !== runsAsGroup;
}

function isProtected(view: LinkView, name: string): boolean {
  return (view.readFile(AT_FDCWD, `/proc/sys/fs/${name}`) ?? '0').trim() !== '0';
}
