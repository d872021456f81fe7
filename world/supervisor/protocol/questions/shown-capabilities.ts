import type { Tid } from '../../../../linux/ids.ts';
import { type Answer, DONE, upToDate } from './question.ts';

/** Which capabilities of a task capget(2) shows; without a value all that it has. */
export const shownCapabilities = upToDate(({ backend }, { target }: { readonly target: Tid }): Answer<bigint> => {
  const value = backend.shownCapabilities(target);
  return value === undefined ? DONE : { errno: 0, value };
});
