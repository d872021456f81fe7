/** Paths in requests: looked up in the caller's view before the request is handled. */

import { AUDIT } from '../../../linux/audit.ts';
import { E, errnoFromNumber, failed } from '../../../linux/errno.ts';
import type { FileKey } from './names.ts';
import { splitMessages } from './netlink.ts';
import { type RulePaths, rulePaths } from './rule.ts';
import { equivalentPaths } from './rule-requests.ts';

/** A message has two. Who may ask in a user namespace of his own would hold the thread that looks them up by thousands in a datagram. */
const MOST_PATHS = 16;

/** Error numbers, 0 = it exists. */
export interface LookUp {
  readonly path: string;
  /** The directory that the last part of the path would be in. */
  readonly parent: number;
  readonly itself: number;
  /** That directory, and what the path leads to. */
  readonly directory?: FileKey;
  readonly file?: FileKey;
  /** It leads to a directory, by links, too. */
  readonly isDirectory?: true;
  /** The path without links on the way to its last name. */
  readonly canonical?: string;
}

/** Those that handling this datagram would look up, each once; of more only the first ones. */
export function requestPaths(datagram: Uint8Array): string[] {
  const paths = splitMessages(datagram).flatMap(({ type, data }) => {
    if (type === AUDIT.ADD_RULE || type === AUDIT.DEL_RULE) return rulePaths(data);
    const pair = type === AUDIT.MAKE_EQUIV ? equivalentPaths(data) : [];
    return failed(pair) ? [] : [...pair];
  });
  return [...new Set(paths)].slice(0, MOST_PATHS);
}

/** A path that was not looked up counts as missing. */
export function lookedUp(looks: readonly LookUp[]): RulePaths {
  const found = new Map(looks.map((one) => [one.path, one]));
  const answer = (path: string, what: 'parent' | 'itself') => {
    const errno = found.get(path)?.[what] ?? E.ENOENT.number;
    return errno === 0 ? undefined : errnoFromNumber(errno);
  };
  const place = (path: string) => {
    const { directory, file } = found.get(path) ?? {};
    return { parent: directory, file };
  };
  return {
    parent: (path) => answer(path, 'parent'),
    exists: (path) => answer(path, 'itself'),
    place,
    canonical: (path) => found.get(path)?.canonical,
  };
}
