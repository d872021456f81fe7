import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { E, failed } from '../../../linux/errno.ts';
import { softwareDigests } from '../digests/digests.ts';
import { type Bank, Tpm, type TpmConfig } from './tpm.ts';

const BANKS: TpmConfig = { banks: [{ algorithm: 'sha1' }, { algorithm: 'sha256' }] };
const digests = new Map<Bank, Uint8Array>([
  ['sha1', new Uint8Array(20).fill(1)],
  ['sha256', new Uint8Array(32).fill(2)],
]);
const read = (tpm: Tpm, bank: Bank, register: number): string => {
  const value = tpm.read(bank, register);
  return failed(value) ? value.code : Buffer.from(value).toString('hex');
};

describe('a TPM', () => {
  it('starts with zeros, ones where only the hardware extends, and what firmware left', () => {
    const tpm = new Tpm({ banks: [{ algorithm: 'sha1', registers: ['3a'.repeat(20)] }] }, softwareDigests);
    expect(read(tpm, 'sha1', 0)).toBe('3a'.repeat(20));
    expect([1, 10, 16, 23].map((register) => read(tpm, 'sha1', register))).toEqual(Array(4).fill('00'.repeat(20)));
    expect([17, 22].map((register) => read(tpm, 'sha1', register))).toEqual(Array(2).fill('ff'.repeat(20)));
    expect([read(tpm, 'sha1', 24), read(tpm, 'sha256', 0)]).toEqual(['EINVAL', 'EINVAL']);
  });

  it('extends a register of each bank, and tells of it', () => {
    const told: number[] = [];
    const tpm = new Tpm(BANKS, softwareDigests, (register) => told.push(register));
    expect([tpm.extend(10, digests), tpm.extend(10, digests)]).toEqual([0, 0]);
    for (const [bank, digest] of digests) {
      const hash = (...parts: Uint8Array[]) => createHash(bank).update(Buffer.concat(parts)).digest();
      const once = hash(new Uint8Array(digest.length), digest);
      expect(read(tpm, bank, 10)).toBe(hash(once, digest).toString('hex'));
    }
    expect(told).toEqual([10, 10]);
  });

  // Recorded from libtpms 0.10 and Linux 6.12: TPM_RC_LOCALITY, TPM_RC_VALUE of the first handle.
  it('refuses registers that are not for software, and those that there are not', () => {
    const tpm = new Tpm(BANKS, softwareDigests, () => expect.unreachable());
    const answers = [17, 18, 22, 24, 31, 32, 40, 63].map((register) => tpm.extend(register, digests));
    expect(answers).toEqual([2311, 2311, 2311, 388, 388, 388, 388, 388]);
    expect(tpm.values().sha1?.[17]).toBe('ff'.repeat(20));
  });

  it('that does not answer any more fails everything', () => {
    const tpm = new Tpm(BANKS, softwareDigests, () => expect.unreachable());
    tpm.fail(E.EPIPE);
    expect(tpm.extend(10, digests)).toBe(-32);
    expect(read(tpm, 'sha1', 10)).toBe('EPIPE');
  });
});
