import type { Tid } from '../../../../linux/ids.ts';
import { answerOf, ofCaller } from './question.ts';

interface RequestKey {
  readonly tid: Tid;
  readonly description: string;
}

/** request_key(2) of a keyring: its number; without one the host's kernel is to answer. */
export const requestKey = ofCaller(({ backend }, { description }: RequestKey, caller) => {
  const found = backend.keys.request(description, caller);
  return found === undefined ? { errno: 0 } : answerOf(found);
});
