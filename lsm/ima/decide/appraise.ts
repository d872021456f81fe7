/**
 * Is a file what its attribute says: ima_appraise_measurement() and xattr_verify() of security/integrity/ima/ima_appraise.c.
 */

import { algorithmNumber, type NamedDigest } from '../../framework/digests/hash.ts';
import type { IntegrityStatus } from '../../framework/files/metadata.ts';
import type { SignatureResult } from '../../framework/keys/keyring.ts';
import type { Demands } from './inode-state.ts';
import { XATTR_TYPE } from './xattr-value.ts';

export interface AppraisedFile {
  /** security.ima; absent or empty = there is none. */
  readonly value: Uint8Array | undefined;
  readonly digest: NamedDigest;
  readonly size: number;
  /** Made by an open whose descriptor is not closed yet. */
  readonly isNew: boolean;
  readonly demands: Readonly<Demands>;
  /** Is the signature at its end good? Absent: there is none, or it does not count. */
  verifyModsig?(): boolean;
  /** What EVM says of its attributes. */
  metadata(): IntegrityStatus;
  /** @param digest what is signed. */
  verify(value: Uint8Array, digest: NamedDigest): SignatureResult;
  /** The digest that signatures of version 3 are made of. */
  fileIdDigest(type: number, digest: NamedDigest): NamedDigest | undefined;
}

export interface Appraisal {
  readonly verdict: IntegrityStatus;
  /** As records name it; means nothing where the verdict is `pass`. */
  readonly cause: string;
  /** What is known now of whether it has a signature: then nobody may write it. */
  readonly signed?: boolean;
}

export function appraise(file: AppraisedFile): Appraisal {
  const { size, isNew, demands, verifyModsig } = file;
  const value = file.value?.length === 0 ? undefined : file.value;
  if (value === undefined && verifyModsig === undefined) {
    const accepted = isNew && (!demands.signature || size === 0);
    return { verdict: accepted ? 'pass' : 'no_label', cause: demands.signature ? required(demands) : 'missing-hash' };
  }
  const metadata = file.metadata();
  switch (metadata) {
    case 'no_xattrs':
      // Files with such a signature need none.
      if (verifyModsig !== undefined) break;
      return { verdict: metadata, cause: 'missing-HMAC' };
    case 'no_label':
      return { verdict: metadata, cause: 'missing-HMAC' };
    case 'fail_immutable':
      return { verdict: metadata, cause: 'invalid-fail-immutable', signed: true };
    case 'fail':
      return { verdict: metadata, cause: 'invalid-HMAC' };
    default:
  }
  const valued: Verified =
    value === undefined ? { verdict: metadata, cause: 'unknown' } : verifyValue(file, value, metadata);
  const { unknownKey, ...found } = valued;
  const tries = value === undefined || value[0] === XATTR_TYPE.DIGEST_NG || unknownKey === true;
  if (verifyModsig === undefined || !tries) return found;
  return { ...found, ...(verifyModsig() ? PASS : { verdict: 'fail', cause: 'invalid-signature' }) };
}

const PASS = { verdict: 'pass', cause: '' } as const;

/** What the attribute says, and whether nobody has the key of its signature (ENOKEY). */
type Verified = Appraisal & { readonly unknownKey?: boolean };

function required({ verity }: Readonly<Demands>): string {
  return verity ? 'verity-signature-required' : 'IMA-signature-required';
}

function verifyValue(file: AppraisedFile, value: Uint8Array, metadata: IntegrityStatus): Verified {
  switch (value[0]) {
    case XATTR_TYPE.DIGEST_NG:
      return verifyDigest(file, value.subarray(2), metadata);
    case XATTR_TYPE.DIGEST:
      return verifyDigest(file, value.subarray(1), metadata);
    case XATTR_TYPE.SIGNATURE:
      return verifySignature(file, value);
    case XATTR_TYPE.VERITY_SIGNATURE:
      return verifyVerity(file, value);
    default:
      return { verdict: 'unknown', cause: 'unknown-ima-data' };
  }
}

/** What follows the digest is not looked at. */
function verifyDigest({ digest, demands }: AppraisedFile, given: Uint8Array, metadata: IntegrityStatus): Appraisal {
  const signed = metadata === 'pass_immutable';
  if (!signed && demands.signature) return { verdict: 'fail', cause: required(demands) };
  const { bytes } = digest;
  const equal = given.length >= bytes.length && bytes.every((byte, index) => byte === given[index]);
  return { verdict: equal ? 'pass' : 'fail', cause: 'invalid-hash', signed };
}

function verifySignature({ demands, digest, verify }: AppraisedFile, value: Uint8Array): Verified {
  const fail = (cause: string): Appraisal => ({ verdict: 'fail', cause, signed: true });
  if (demands.signature && demands.verity) return fail('verity-signature-required');
  if ((value[1] ?? 0) >= 3) return fail('invalid-signature-version');
  const result = verify(value, digest);
  if (result === 'unsupported') return { verdict: 'unknown', cause: 'unknown', signed: true };
  if (result === 'good') return { ...PASS, signed: true };
  return { ...fail('invalid-signature'), unknownKey: result === 'no-key' };
}

function verifyVerity({ demands, digest, verify, fileIdDigest }: AppraisedFile, value: Uint8Array): Verified {
  const fail = (cause: string): Appraisal => ({ verdict: 'fail', cause, signed: true });
  if (demands.signature && !demands.verity) return fail('IMA-signature-required');
  if (value[1] !== 3) return fail('invalid-signature-version');
  const id = fileIdDigest(XATTR_TYPE.VERITY_SIGNATURE, digest);
  if (id === undefined) return fail('sigv3-hashing-error');
  const result = verify(value, id);
  if (result === 'good') return { ...PASS, signed: true };
  return { ...fail('invalid-verity-signature'), unknownKey: result === 'no-key' };
}

/** The value that a digest has in the attribute: ima_fix_xattr(). The old form has room for SHA-1 and MD5 only. */
export function digestValue({ algorithm, bytes }: NamedDigest): Uint8Array {
  const number = algorithmNumber(algorithm) ?? 0;
  const old = algorithm === 'sha1' || algorithm === 'md5' || algorithm === 'md4';
  return Uint8Array.from([...(old ? [XATTR_TYPE.DIGEST] : [XATTR_TYPE.DIGEST_NG, number]), ...bytes]);
}
