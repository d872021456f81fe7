/**
 * Keys of type `encrypted` that the host's kernel keeps, decrypted: it gives the encrypted payload and the master key, not what is in it
 * (security/keys/encrypted-keys/encrypted.c).
 */
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { withUserKeys } from '../../../host/process/user-keys.ts';

/** FORMAT TYPE:DESCRIPTION-OF-THE-MASTER-KEY LENGTH HEX. The kernel leaves the format out in keys of old. */
const PAYLOAD = /^(?:(\w+) )?(user:[^ ]+) (\d{1,4}) ([0-9a-f]+)\n?\0?$/;
const MASTER_TYPE = 'user';
const IV_SIZE = 16;
/** Zero, between the initialisation vector and what is encrypted. */
const GAP = 1;
const BLOCK = 16;
const HMAC_SIZE = 32;
/** get_derived_key(): the least that is hashed. */
const LEAST_DERIVED = 32;

/** What a key in `@u` of our own user decrypts to; `undefined` where there is none, or its master key cannot be read. */
export function findEncryptedKey(description: string): Uint8Array | undefined {
  return withUserKeys((read) => {
    const payload = read('encrypted', description);
    const text = payload === undefined ? '' : Buffer.from(payload).toString('latin1');
    const masterName = PAYLOAD.exec(text)?.[2];
    const master = masterName && read(MASTER_TYPE, masterName.slice(MASTER_TYPE.length + 1));
    return master ? decryptKey(text, master) : undefined;
  });
}

/** @param text as KEYCTL_READ gives it. @returns `undefined` when the master key is not that of the key. */
export function decryptKey(text: string, master: Uint8Array): Uint8Array | undefined {
  const [, format, masterName = '', length = '', hex = ''] = PAYLOAD.exec(text) ?? [];
  const data = Buffer.from(hex, 'hex');
  const size = Number(length);
  const encryptedSize = Math.ceil(size / BLOCK) * BLOCK;
  if (size === 0 || data.length !== IV_SIZE + GAP + encryptedSize + HMAC_SIZE) return undefined;
  const words = [...(format === undefined ? [] : [format]), masterName, length].map((word) => `${word}\0`);
  const signed = data.subarray(0, -HMAC_SIZE);
  const hmac = createHmac('sha256', derived('AUTH_KEY', master)).update(words.join('')).update(signed).digest();
  if (!timingSafeEqual(hmac, data.subarray(-HMAC_SIZE))) return undefined;
  const decipher = createDecipheriv('aes-256-cbc', derived('ENC_KEY', master), data.subarray(0, IV_SIZE));
  decipher.setAutoPadding(false);
  const decrypted = Buffer.concat([decipher.update(signed.subarray(IV_SIZE + GAP)), decipher.final()]);
  return decrypted.subarray(0, size);
}

/** get_derived_key(): its buffer has room for the longer of both words. */
function derived(use: 'AUTH_KEY' | 'ENC_KEY', master: Uint8Array): Buffer {
  const buffer = Buffer.alloc(Math.max('AUTH_KEY\0'.length + master.length, LEAST_DERIVED));
  buffer.write(`${use}\0`, 'latin1');
  buffer.set(master, use.length + 1);
  return createHash('sha256').update(buffer).digest();
}
