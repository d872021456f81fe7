import { DONE, upToDate } from './question.ts';

/** A superblock that was reported as detached is attached now: mountinfo lists it. */
export const mountAttached = upToDate(({ backend }, { device }: { readonly device: string }) => {
  backend.superblocks.attached(device);
  return DONE;
});
