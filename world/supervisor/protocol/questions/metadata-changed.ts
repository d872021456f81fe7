import type { FileFacts } from '../../../../lsm/framework/files/file-facts.ts';
import { type KeptXattr, metadataOf } from '../../../../lsm/framework/files/metadata.ts';
import { type Answer, DONE, upToDate } from './question.ts';

/** Attributes, owner or mode of a file are what they are here now: what is to be stored with it? Who changed them may be gone. */
export const metadataChanged = upToDate(({ backend }, { inode, device }: FileFacts): Answer<KeptXattr> => {
  const kept = backend.metadata.changed(metadataOf(backend.superblocks.complete(inode, device)));
  return kept === undefined ? DONE : { errno: 0, value: kept };
});
