import { completed } from './default-context.ts';
import { type Answer, errnoAnswer, ofCaller } from './question.ts';
import type { NamedXattr } from './xattr.ts';

interface SetXattr extends NamedXattr {
  readonly value: Uint8Array;
  /** ms since the epoch; absent = it does not matter whether the attribute is there. */
  readonly born?: number;
}

/** What is to be stored for an attribute. */
export interface StoredXattr {
  readonly name: string;
  /** Absent = the value that was set. */
  readonly value?: Uint8Array;
  /** A kernel would have stored one when the file was made, or file_contexts when the system was installed. */
  readonly isThere?: true;
  /** Nothing was recorded in the log. */
  readonly silent?: true;
}

/** The clock of inodes goes by ticks. */
const TICK_MS = 10;

/** The modules' decision about setting an attribute. */
export const setXattr = ofCaller(({ backend }, question: SetXattr, caller): Answer<StoredXattr> => {
  const { born, name, value } = question;
  const { inode } = completed(backend, question, caller);
  const before = backend.files.recorded;
  const refused = backend.files.setXattr(inode, name, value, caller);
  const silent = backend.files.recorded === before && ({ silent: true } as const);
  if (refused !== undefined) return errnoAnswer(refused);
  const stored = backend.files.storedValue(name, value, caller);
  const changed = stored !== value && { value: stored };
  const isLabelled = (): boolean =>
    inode.defaultContext !== undefined || (born ?? 0) + TICK_MS >= backend.labelledSince();
  const isThere = born !== undefined && backend.files.listXattr(caller).includes(name) && isLabelled();
  return {
    errno: 0,
    value: { name: backend.files.storedName(name, caller), ...changed, ...(isThere && { isThere }), ...silent },
  };
});
