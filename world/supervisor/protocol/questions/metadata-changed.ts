import type { FileFacts } from '../../../../lsm/framework/files/file-facts.ts';
import type { InodeFacts } from '../../../../lsm/framework/files/inode.ts';
import { type KeptXattr, metadataOf } from '../../../../lsm/framework/files/metadata.ts';
import { type Answer, upToDate } from './question.ts';

interface MetadataChanged extends FileFacts {
  /** The file before. */
  readonly before: InodeFacts;
  /** Stored name of the attribute that was changed; absent = owner or mode. */
  readonly attribute?: string;
}

/** Attributes, owner or mode of a file are what they are here now: what is to be stored with it? Who changed them may be gone. */
export const metadataChanged = upToDate(
  ({ backend }, { inode, device, before, attribute }: MetadataChanged): Answer<readonly KeptXattr[]> => {
    const complete = (facts: InodeFacts) => metadataOf(backend.superblocks.complete(facts, device));
    const made = { before: complete(before), ...(attribute !== undefined && { attribute }) };
    return { errno: 0, value: backend.metadata.changed(complete(inode), made) };
  },
);
