import type { Tid } from '../../../../linux/ids.ts';
import type { FileFacts } from '../../../../lsm/framework/files/file-facts.ts';
import { listedNames } from '../../labels/kept-attributes.ts';
import { type Answer, ofCaller } from './question.ts';

interface ListXattrs {
  readonly tid: Tid;
  /** Its attributes kept in memory are listed, too; absent = only names that every file has. */
  readonly file?: FileFacts;
}

/** Names of attributes that every file has for the caller. */
export const listXattrs = ofCaller(({ backend }, question: ListXattrs, caller): Answer<readonly string[]> => {
  return { errno: 0, value: listedNames(backend, question, caller) };
});
