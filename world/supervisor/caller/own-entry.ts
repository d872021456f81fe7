/**
 * Names in paths that mean the entry of whoever uses them: `self` and `thread-self` in procfs, and links of /dev to it. For the
 * kernel that is us, who look paths up for others.
 */
import type { Tid } from '../../../linux/ids.ts';

/** A procfs link to a file of the caller, and the rest of the path: gnulib uses such paths instead of getxattrat(2). */
const PROCESS_LINK = /^\/proc\/(?:thread-)?self\/(fd\/\d+|cwd|root|exe|ns\/\w+)(\/.*)?$/s;
/** Symbolic links to such procfs links. */
const DEVICE_LINK = /^\/dev\/fd(?=\/\d)/;
const STANDARD: ReadonlyMap<string, string> = new Map([
  ['/dev/stdin', '/proc/self/fd/0'],
  ['/dev/stdout', '/proc/self/fd/1'],
  ['/dev/stderr', '/proc/self/fd/2'],
]);

/** /proc/self or /proc/thread-self at the beginning of a path; the second for calls that do not follow a last link. */
const OWN = /^\/proc\/(?:thread-)?self(?=\/|$)/;
const OWN_FOLLOWED = /^\/proc\/(?:thread-)?self(?=\/)/;
const OWN_WITHIN = /(?:^|\/)(?:thread-)?self(?:\/|$)/;
const OWN_NAME = /^(thread-)?self$/;

/** @param follow a link in the last place is followed. @returns name of the link below /proc/<tid>, and the path from there. */
export function ownLink(path: string, follow: boolean): { readonly name: string; readonly rest: string } | undefined {
  const standard = follow ? STANDARD.get(path) : undefined;
  const link = PROCESS_LINK.exec(standard ?? path.replace(DEVICE_LINK, '/proc/self/fd'));
  return link === null ? undefined : { name: link[1] ?? '', rest: link[2] ?? '' };
}

/** The path with the entry of the caller. The link itself, not followed, is the same file for every reader. */
export function withOwnEntry(path: string, follow: boolean, tid: Tid): string {
  return path.replace(follow ? OWN : OWN_FOLLOWED, `/proc/${tid}`);
}

/** May the path lead through such a link? */
export function namesOwnEntry(path: string): boolean {
  return OWN_WITHIN.test(path);
}

/** Text of the link `name` in the root of procfs for this thread; `undefined` = the link is another one. */
export function ownEntry(name: string, tgid: number, tid: Tid): string | undefined {
  const own = OWN_NAME.exec(name);
  if (own === null) return undefined;
  return own[1] === undefined ? String(tgid) : `${tgid}/task/${tid}`;
}
