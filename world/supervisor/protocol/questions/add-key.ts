import type { Tid } from '../../../../linux/ids.ts';
import type { AddedKeyCall } from '../backend.ts';
import { answerOf, ofCaller } from './question.ts';

interface AddKey extends AddedKeyCall {
  readonly tid: Tid;
}

/** add_key(2). The number of the new key; without one the host's kernel is to answer. */
export const addKey = ofCaller(({ backend }, question: AddKey, caller) => {
  const { type, description, payload, ring, ringName } = question;
  const key = { type, description, payload, ring, ...(ringName !== undefined && { ringName }) };
  const added = backend.addKey(key, caller);
  return added === undefined ? { errno: 0 } : answerOf(added);
});
