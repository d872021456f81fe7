import { completed } from './default-context.ts';
import { type Answer, errnoAnswer, ofCaller } from './question.ts';
import type { NamedXattr } from './xattr.ts';

interface SetXattr extends NamedXattr {
  readonly value: Uint8Array;
}

/** The modules' decision about setting an attribute. Answer: its stored name. */
export const setXattr = ofCaller(({ backend }, question: SetXattr, caller): Answer<string> => {
  const { name, value } = question;
  const refused = backend.files.setXattr(completed(backend, question, caller).inode, name, value, caller);
  return refused ? errnoAnswer(refused) : { errno: 0, value: backend.files.storedName(name, caller) };
});
