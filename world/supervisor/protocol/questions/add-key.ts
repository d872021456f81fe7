import type { Tid } from '../../../../linux/ids.ts';
import { answerOf, ofCaller } from './question.ts';

interface AddKey {
  readonly tid: Tid;
  readonly type: string;
  /** Empty = there is none. */
  readonly description: string;
  readonly payload: Uint8Array;
  readonly ring: number;
}

/** add_key(2). The number of the new key; without one the host's kernel is to answer. */
export const addKey = ofCaller(({ backend }, { type, description, payload, ring }: AddKey, caller) => {
  const added = backend.addKey({ type, description, payload, ring }, caller);
  return added === undefined ? { errno: 0 } : answerOf(added);
});
