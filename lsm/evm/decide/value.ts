/**
 * Values of security.evm, and the bits of the file that turns EVM on: security/integrity/integrity.h and evm/evm.h.
 */
export const KEYRING = '_evm';
export const XATTR_EVM = 'security.evm';

/** Type of the record that an attribute is covered: AUDIT_INTEGRITY_EVM_XATTR of include/uapi/linux/audit.h. */
export const RECORD_OF_ADDED = 1806;

/** enum evm_ima_xattr_type */
export const TYPE = { HMAC: 2, SIGNATURE: 3, PORTABLE: 5 } as const;
/** u8 type, 20 bytes of HMAC-SHA1 */
export const HMAC_SIZE = 21;
/** struct signature_v2_hdr: u8 type, u8 version, u8 hash algorithm, u32 key id, u16 size of the signature. */
export const SIGNATURE_HEADER = 9;

export const BIT = { INIT_HMAC: 0x1, INIT_X509: 0x2, ALLOW_METADATA_WRITES: 0x4, SETUP_COMPLETE: 0x8000_0000 } as const;
export const KNOWN_BITS = BIT.INIT_HMAC | BIT.INIT_X509 | BIT.ALLOW_METADATA_WRITES;
