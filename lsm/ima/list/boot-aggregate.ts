/** What firmware and boot loader measured, in one digest: the first entry of a list (ima_calc_boot_aggregate()). */
import { failed } from '../../../linux/errno.ts';
import { type NamedDigest, zeroDigest } from '../../framework/digests/hash.ts';
import type { Digests } from '../../framework/facts.ts';
import type { Tpm } from '../../framework/tpm/tpm.ts';

/** Registers of firmware and boot loader; two more have the kernel's image and command line, of which SHA-1 is not told. */
const OF_FIRMWARE = 8;
const WITH_KERNEL = 10;

/**
 * @param algorithm of the kernel (ima_hash=); where the TPM has no such bank, it is that of another.
 * @returns zeros where nothing was attested.
 */
export function bootAggregate(algorithm: string, tpm: Tpm | undefined, digests: Digests): NamedDigest {
  if (tpm === undefined) return zeroDigest(algorithm);
  const bank = [algorithm, 'sha256', 'sha1'].flatMap((name) => tpm.banks.filter((known) => known === name))[0];
  if (bank === undefined) return zeroDigest(algorithm);
  const count = bank === 'sha1' ? OF_FIRMWARE : WITH_KERNEL;
  const values = Array.from({ length: count }, (_, register) => tpm.read(bank, register));
  const bytes = digests.compute(
    bank,
    values.flatMap((value) => (failed(value) ? [] : [value])),
  );
  return bytes === undefined ? zeroDigest(bank) : { algorithm: bank, bytes };
}

/** The same for the oldest template, which has room for nothing but SHA-1. */
export function shortBootAggregate(tpm: Tpm | undefined, digests: Digests): Uint8Array {
  const { algorithm, bytes } = bootAggregate('sha1', tpm, digests);
  return algorithm === 'sha1' ? bytes : zeroDigest('sha1').bytes;
}
