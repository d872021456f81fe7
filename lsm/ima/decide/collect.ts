/**
 * The digest of a file that is used: ima_collect_measurement() of security/integrity/ima/ima_api.c. Who uses the file computed it; which
 * algorithms were needed is asked before.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { isOld, type NamedDigest } from '../../framework/digests/hash.ts';
import type { FileUse, UsedFile } from '../../framework/files/file-use.ts';
import type { Template } from '../list/template.ts';
import { OLD_TEMPLATE } from '../list/template-digest.ts';
import type { Settings } from '../parameters.ts';
import type { InodeState } from './inode-state.ts';
import { algorithmOf, XATTR_IMA } from './xattr-value.ts';

/**
 * That of the template field `d`, which holds 20 bytes at most: the one of the file's digest where that fits (ima_eventdigest_init()). For
 * the oldest template the file's attribute is not read (process_measurement()).
 */
export function shortAlgorithm(ofFile: string | undefined, template: Template, { algorithm }: Settings): string {
  const known = template.name === OLD_TEMPLATE ? [algorithm] : [ofFile, algorithm];
  return known.find((one) => one !== undefined && isOld(one)) ?? 'sha1';
}

/** What the file's attribute names, or that of `ima_hash=`. */
export function fileAlgorithm({ inode }: UsedFile, { algorithm }: Settings): string {
  const value = inode.xattrs[XATTR_IMA];
  return algorithmOf(value === undefined ? undefined : bytesOf(value), algorithm);
}

/** The cause where a rule asks for the digest of fs-verity and there is none: nothing is listed then, nor audited. */
export const NO_VERITY = 'no-verity-digest';

/** @param emptyDigest of no content, in hexadecimal. @returns why there is none: the cause in the audit record. */
export function collectDigest(
  state: InodeState,
  use: FileUse,
  algorithm: string,
  emptyDigest: (algorithm: string) => string | undefined,
): NamedDigest | string {
  if (state.digest !== undefined) return state.digest;
  const { verity } = use.file.content;
  if (state.demands.verity) {
    if (verity === undefined) return NO_VERITY;
    const digest = { algorithm: verity.algorithm, bytes: Buffer.from(verity.digest, 'hex') };
    state.collected(digest);
    return digest;
  }
  if (use.direct === true) return 'failed(directio)';
  const hex = use.created === true ? emptyDigest(algorithm) : use.file.content.digests[algorithm];
  if (hex === undefined) return 'failed';
  const digest = { algorithm, bytes: Buffer.from(hex, 'hex') };
  state.collected(digest);
  return digest;
}
