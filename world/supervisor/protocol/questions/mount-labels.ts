import type { MountedSuperblock } from '../backend.ts';
import { DONE, upToDate } from './question.ts';

interface MountedWith extends MountedSuperblock {
  readonly device: string;
}

/** Label options, root and layers of a new superblock; the mounting process may have ended. */
export const mountLabels = upToDate(({ backend }, { device, labels, root, layers, attached }: MountedWith) => {
  backend.superblocks.mounted(device, { labels, attached, ...(root && { root }), ...(layers && { layers }) });
  return DONE;
});
