/**
 * The directory of a path of a caller, as a descriptor, and the last name: valid also after the caller has ended.
 */

import { O_DIRECTORY } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import type { CallerView } from './caller-view.ts';

export interface CallerPlace {
  /** A descriptor, to be closed by the taker. */
  readonly directory: number;
  readonly name: string;
}

/** `undefined` for a path without a last name. */
export function splitPlace(path: string): { readonly parent: string; readonly name: string } | undefined {
  const match = /^(.*?)([^/]+)\/*$/s.exec(path);
  const [, parent = '', name = ''] = match ?? [];
  return match === null || name === '.' || name === '..' ? undefined : { parent, name };
}

/** `undefined` also for a path whose directory the caller cannot find. */
export function placeOf(
  view: Pick<CallerView, 'resolveForCaller'>,
  tid: Tid,
  dirfd: CallerFd,
  path: string,
): CallerPlace | undefined {
  const split = splitPlace(path);
  if (split === undefined) return undefined;
  const { parent, name } = split;
  const directory = view.resolveForCaller(tid, dirfd, parent === '' ? '.' : parent, O_DIRECTORY);
  return directory < 0 ? undefined : { directory, name };
}
