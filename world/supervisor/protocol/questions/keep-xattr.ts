import { bytesOf } from '../../../../linux/bytes.ts';
import type { Tid } from '../../../../linux/ids.ts';
import type { FileFacts } from '../../../../lsm/framework/files/file-facts.ts';
import { keepAttribute } from '../../labels/kept-attributes.ts';
import { errnoAnswer, upToDate } from './question.ts';

interface KeepXattr extends FileFacts {
  readonly name: string;
  /** Latin-1. */
  readonly value: string;
  /** Thread that sets what the filesystem cannot store; absent = not checked: the file is new, or the host has the module. */
  readonly setter?: { readonly tid: Tid; readonly name: string };
  /** XATTR_CREATE or XATTR_REPLACE. */
  readonly flags?: number;
}

/** Keeps an attribute in memory that is not stored with the file. */
export const keepXattr = upToDate(({ backend }, question: KeepXattr) => {
  const { inode, setter, value } = question;
  const by = setter && backend.task(setter.tid);
  const refused = by && backend.files.setSecurity(inode, setter.name, bytesOf(value), by);
  return errnoAnswer(refused ?? keepAttribute(backend, question));
});
