import { completed } from './default-context.ts';
import { type Answer, errnoAnswer, ofCaller } from './question.ts';
import type { NamedXattr } from './xattr.ts';

interface SetXattr extends NamedXattr {
  readonly value: Uint8Array;
}

/** What is to be stored for an attribute. */
export interface StoredXattr {
  readonly name: string;
  /** Absent = the value that was set. */
  readonly value?: Uint8Array;
}

/** The modules' decision about setting an attribute. */
export const setXattr = ofCaller(({ backend }, question: SetXattr, caller): Answer<StoredXattr> => {
  const { name, value } = question;
  const refused = backend.files.setXattr(completed(backend, question, caller).inode, name, value, caller);
  if (refused !== undefined) return errnoAnswer(refused);
  const stored = backend.files.storedValue(name, value, caller);
  const changed = stored !== value && { value: stored };
  return { errno: 0, value: { name: backend.files.storedName(name, caller), ...changed } };
});
