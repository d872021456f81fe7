import { dropAttribute } from '../../labels/kept-attributes.ts';
import { completed } from './default-context.ts';
import { type Answer, errnoAnswer, ofCaller } from './question.ts';
import type { NamedXattr } from './xattr.ts';

/** The modules' decision about removing an attribute; one kept in memory is removed here. Answer: its stored name. */
export const removeXattr = ofCaller(({ backend }, question: NamedXattr, caller): Answer<string> => {
  const refused = backend.files.removeXattr(completed(backend, question, caller).inode, question.name, caller);
  const dropped = question.kept === true ? dropAttribute(backend, question, caller) : undefined;
  const failure = refused ?? dropped;
  return failure ? errnoAnswer(failure) : { errno: 0, value: backend.files.storedName(question.name, caller) };
});
