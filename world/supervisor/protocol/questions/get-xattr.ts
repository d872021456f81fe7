import { E, failed } from '../../../../linux/errno.ts';
import { keptValue } from '../../labels/kept-attributes.ts';
import { completed } from './default-context.ts';
import { type Answer, errnoAnswer, ofCaller } from './question.ts';
import type { NamedXattr } from './xattr.ts';

export interface XattrValue {
  readonly value: Uint8Array;
  /** Nothing was recorded in the log: it is the same until the epoch moves, while the task and the file are. */
  readonly silent: boolean;
}

/** The value that modules return (inode_getsecurity); EOPNOTSUPP = none does. */
export const getXattr = ofCaller(({ backend }, question: NamedXattr, caller): Answer<XattrValue> => {
  const { inode } = completed(backend, question, caller);
  const { given, silent } = backend.files.readXattr(inode, question.name, caller);
  const kept = given === E.EOPNOTSUPP && question.kept === true;
  const value = kept ? keptValue(backend, question, inode, caller) : given;
  return failed(value) ? errnoAnswer(value) : { errno: 0, value: { value, silent } };
});
