/**
 * What HMACs and signatures of metadata are made of: evm_calc_hmac_or_hash() and hmac_add_misc() of security/integrity/evm/evm_crypto.c.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { hmac } from '../../framework/digests/hmac.ts';
import type { Digests } from '../../framework/facts.ts';
import type { FileMetadata } from '../../framework/files/metadata.ts';
import type { CoveredXattrs } from './covered.ts';
import { TYPE } from './value.ts';

/** MAX_KEY_SIZE: a shorter key is followed by zeros, all of which are the key. */
export const KEY_SIZE = 128;
/** struct h_misc: u64 inode number, u32 generation, u32 uid, u32 gid, u16 mode, 2 bytes of nothing. */
const MISC_SIZE = 24;

/** `absent`: there is nothing that is covered (ENODATA); `refused`: a portable signature needs security.ima (EPERM). */
export type Input = readonly Uint8Array[] | 'absent' | 'refused';

/** @param type of the value of security.evm. */
export function inputOf({ xattrs, ...file }: FileMetadata, covered: CoveredXattrs, type: number): Input {
  const portable = type === TYPE.PORTABLE;
  const names = covered.list.filter(({ enabled }) => enabled || portable).map(({ name }) => name);
  const values = names.flatMap((name) => (xattrs[name] === undefined ? [] : [bytesOf(xattrs[name])]));
  if (portable && xattrs['security.ima'] === undefined) return 'refused';
  if (values.length === 0) return 'absent';
  const misc = new DataView(new ArrayBuffer(MISC_SIZE));
  if (!portable) {
    misc.setBigUint64(0, BigInt(file.ino), true);
    misc.setUint32(8, file.generation ?? 0, true);
  }
  // Ids as stored: the same for readers in every user namespace.
  misc.setUint32(12, file.owner ?? file.uid, true);
  misc.setUint32(16, file.gid, true);
  misc.setUint16(20, file.mode, true);
  const uuid = portable ? [] : [uuidBytes(file.uuid)];
  return [...values, new Uint8Array(misc.buffer), ...uuid];
}

/** CONFIG_EVM_ATTR_FSUUID; zeros where the filesystem has none. */
function uuidBytes(text: string | undefined): Uint8Array {
  return text === undefined ? new Uint8Array(16) : Buffer.from(text.replaceAll('-', ''), 'hex');
}

/** HMAC-SHA1. @param key {@link KEY_SIZE} bytes. */
export function hmacOf(digests: Digests, key: Uint8Array, input: readonly Uint8Array[]): Uint8Array | undefined {
  return hmac(digests, 'sha1', key, input);
}
