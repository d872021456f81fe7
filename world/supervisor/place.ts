/**
 * The directory of a path of a caller, and the name in it: they stay what they are when the caller is gone.
 */
import { type CallerView, O_DIRECTORY } from './caller-view.ts';

export interface Place {
  /** A descriptor, to be closed by the taker. */
  readonly directory: number;
  readonly name: string;
}

/** `undefined` for a path without a last name, or one whose directory the caller cannot find. */
export function placeOf(view: CallerView, tid: number, dirfd: number, path: string): Place | undefined {
  const match = /^(.*?)([^/]+)\/*$/.exec(path);
  const [, parent = '', name = ''] = match ?? [];
  if (match === null || name === '.' || name === '..') return undefined;
  const directory = view.resolveForCaller(tid, dirfd, parent === '' ? '.' : parent, O_DIRECTORY);
  return directory < 0 ? undefined : { directory, name };
}
