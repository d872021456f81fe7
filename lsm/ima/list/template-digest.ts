/** The digest of an entry: what a register of the TPM is extended with (ima_calc_field_array_hash_tfm()). */
import type { Digests } from '../../framework/facts.ts';
import { OLD_NAME_MAX, u32 } from './fields.ts';

/** A name in the oldest template is hashed in a buffer of this size. */
const OLD_NAME_SIZE = OLD_NAME_MAX + 1;
/** The oldest template: a digest and a name of fixed size. */
export const OLD_TEMPLATE = 'ima';

/**
 * Each field with its length before it, except in the oldest template.
 * @param name of the template, as the lists show it. @returns `undefined`: there is no such algorithm.
 */
export function templateDigest(
  digests: Digests,
  algorithm: string,
  name: string,
  fields: readonly Uint8Array[],
): Uint8Array | undefined {
  return digests.compute(algorithm, digestedParts(name, fields));
}

/** What the digest is made of. */
export function digestedParts(name: string, fields: readonly Uint8Array[]): readonly Uint8Array[] {
  return name === OLD_TEMPLATE
    ? fields.map((value, index) => (index === 1 ? padded(value) : value))
    : fields.flatMap((value) => [u32(value.length), value]);
}

function padded(name: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(OLD_NAME_SIZE);
  bytes.set(name.subarray(0, OLD_NAME_SIZE));
  return bytes;
}
