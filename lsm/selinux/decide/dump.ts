/**
 * The content of node `policy`: the policy as the kernel writes it, with present boolean values and conditional states.
 */
import { E, type Result } from '../../../linux/errno.ts';
import { writePolicy } from '../policy/index.ts';
import type { PolicyState } from './policy-state.ts';

/** EINVAL: it would be longer than what was loaded, for which the kernel has made room (a policy that does not name `object_r`, say). */
export function dumpPolicy(state: PolicyState): Result<Uint8Array> {
  const image = writePolicy(state.db, state);
  return image.length > state.db.loadedLength ? E.EINVAL : image;
}
