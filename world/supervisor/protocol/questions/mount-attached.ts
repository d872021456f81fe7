import { DONE, upToDate } from './question.ts';

/** What was told of as mounted is in a list of mounts now. */
export const mountAttached = upToDate(({ backend }, { device }: { readonly device: string }) => {
  backend.superblocks.attached(device);
  return DONE;
});
