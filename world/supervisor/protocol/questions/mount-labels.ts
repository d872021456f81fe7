import type { MountLabels } from '../../../../lsm/framework/files/inode.ts';
import type { LayeredMount } from '../../../../lsm/framework/files/layers.ts';
import { DONE, upToDate } from './question.ts';

interface MountedWith {
  readonly device: string;
  readonly labels: MountLabels;
  /** false = detached: mountinfo does not list it yet. */
  readonly attached: boolean;
  readonly layers?: LayeredMount;
}

/** Label options and layers of a new superblock; the mounting process may have ended. */
export const mountLabels = upToDate(({ backend }, { device, labels, attached, layers }: MountedWith) => {
  backend.superblocks.mounted(device, labels, attached, layers);
  return DONE;
});
