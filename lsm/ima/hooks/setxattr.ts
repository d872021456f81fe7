/**
 * May security.ima be set: ima_inode_setxattr() and validate_hash_algo() of security/integrity/ima/ima_appraise.c.
 */
import { E, type Errno } from '../../../linux/errno.ts';
import { algorithmNumber, isAvailable } from '../../framework/digests/hash.ts';
import { algorithmOf, XATTR_TYPES } from '../decide/xattr-value.ts';

export interface SetxattrHost {
  /** Algorithms that a rule of SETXATTR_CHECK allows, by number; `undefined` = there is no such rule. */
  readonly allowed: ReadonlySet<number> | undefined;
  /** The kernel's own algorithm. */
  readonly algorithm: string;
  /** Tells of a value that is refused. */
  refused(cause: string): void;
}

/** Once the caller may change the attribute. @param value absent = it is to be removed. */
export function mayHaveValue(value: Uint8Array | undefined, host: SetxattrHost): Errno | undefined {
  if (value === undefined) return undefined;
  if (value.length === 0 || (value[0] ?? 0) >= XATTR_TYPES) return E.EINVAL;
  const cause = refusal(algorithmOf(value, host.algorithm), host);
  if (cause === undefined) return undefined;
  host.refused(cause);
  return E.EACCES;
}

function refusal(algorithm: string, { allowed, algorithm: own }: SetxattrHost): string | undefined {
  if (allowed !== undefined) return allowed.has(algorithmNumber(algorithm) ?? -1) ? undefined : 'denied-hash-algorithm';
  return algorithm === own || isAvailable(algorithm) ? undefined : 'unavailable-hash-algorithm';
}
