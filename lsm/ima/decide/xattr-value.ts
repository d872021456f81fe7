/**
 * Values of security.ima: enum evm_ima_xattr_type and struct signature_v2_hdr of security/integrity/integrity.h.
 */
import { algorithmName } from '../../framework/digests/hash.ts';

export const XATTR_IMA = 'security.ima';
export const XATTR_EVM = 'security.evm';

export const XATTR_TYPE = { DIGEST: 1, HMAC: 2, SIGNATURE: 3, DIGEST_NG: 4, PORTABLE: 5, VERITY_SIGNATURE: 6 } as const;
/** IMA_XATTR_LAST: there is no such type, nor any after it. */
export const XATTR_TYPES = 7;

/** u8 type, u8 version, u8 hash algorithm, u32 key id, u16 size of the signature (both big-endian). */
export const SIGNATURE_HEADER = 9;

/** With which algorithm a file with this attribute is hashed: ima_get_hash_algo(). */
export function algorithmOf(value: Uint8Array | undefined, fallback: string): string {
  if (value === undefined || value.length < 2) return fallback;
  const [type, first = 0, second = 0] = value;
  switch (type) {
    case XATTR_TYPE.VERITY_SIGNATURE:
    case XATTR_TYPE.SIGNATURE: {
      const version = type === XATTR_TYPE.SIGNATURE ? 2 : 3;
      return first === version && value.length > SIGNATURE_HEADER ? (algorithmName(second) ?? fallback) : fallback;
    }
    case XATTR_TYPE.DIGEST_NG:
      return algorithmName(first) ?? fallback;
    case XATTR_TYPE.DIGEST:
      if (value.length === 17) return 'md5';
      // Once MD5 digests were filled up with zeros.
      if (value.length === 21) return value.subarray(17).every((byte) => byte === 0) ? 'md5' : 'sha1';
      return fallback;
    default:
      return fallback;
  }
}
