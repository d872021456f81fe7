/** The emulated kernel's hashes, computed by the runtime. */
import { createHash } from 'node:crypto';
import { KERNEL_HASHES } from '../../../lsm/framework/digests/digests.ts';
import type { Digests } from '../../../lsm/framework/facts.ts';

export const nodeDigests: Digests = {
  compute(algorithm, parts) {
    if (!KERNEL_HASHES.has(algorithm)) return undefined;
    const hash = createHash(algorithm);
    for (const part of parts) hash.update(part);
    return hash.digest();
  },
};
