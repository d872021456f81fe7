import { E } from '../../../../linux/errno.ts';
import { keptValue } from '../../labels/kept-attributes.ts';
import { completed } from './default-context.ts';
import { answerOf, ofCaller } from './question.ts';
import type { NamedXattr } from './xattr.ts';

/** The value that modules return (inode_getsecurity); EOPNOTSUPP = none does. */
export const getXattr = ofCaller(({ backend }, question: NamedXattr, caller) => {
  const { inode } = completed(backend, question, caller);
  const given = backend.files.getXattr(inode, question.name, caller);
  const kept = given === E.EOPNOTSUPP && question.ofHost === true;
  return answerOf(kept ? keptValue(backend, question, inode, caller) : given);
});
