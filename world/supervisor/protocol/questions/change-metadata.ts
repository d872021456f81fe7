import type { Tid } from '../../../../linux/ids.ts';
import type { FileFacts } from '../../../../lsm/framework/files/file-facts.ts';
import { type MetadataChange, metadataOf } from '../../../../lsm/framework/files/metadata.ts';
import { completed } from './default-context.ts';
import { errnoAnswer, ofCaller } from './question.ts';

interface ChangeMetadata extends FileFacts {
  readonly tid: Tid;
  readonly change: MetadataChange;
}

/** May owner or mode of a file be changed? */
export const changeMetadata = ofCaller(({ backend }, question: ChangeMetadata, caller) => {
  const { inode } = completed(backend, question, caller);
  return errnoAnswer(backend.metadata.mayChange(metadataOf(inode), question.change, caller));
});
