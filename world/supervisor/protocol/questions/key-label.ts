import type { Tid } from '../../../../linux/ids.ts';
import type { AccessedKey } from '../../../../lsm/framework/access/key-access.ts';
import { answerOf, ofCaller } from './question.ts';

interface KeyLabel {
  readonly tid: Tid;
  readonly key: AccessedKey;
}

/** KEYCTL_GET_SECURITY: without a value the host's kernel is to answer. */
export const keyLabel = ofCaller(({ backend }, { key }: KeyLabel, caller) => {
  const label = backend.keyLabel(key, caller);
  return label === undefined ? { errno: 0 } : answerOf(label);
});
