/** What the rest of lsm/selinux may use of the policy database. */
import type { Result } from '../../../vfs/errno.ts';
import type { PolicyDb } from './policydb.ts';

export type * from './policydb.ts';

/**
 * Parses a binary policy. Bytes after its end are ignored.
 * @param maxVersion highest version of the emulated kernel: 33 for Linux 6.12; supported up to 35.
 */
export declare function parsePolicy(bytes: Uint8Array, maxVersion: number): Result<PolicyDb>;
