/**
 * Message digests without the runtime's: for stacks that nobody gives faster ones, or more.
 */
import type { Digests } from '../facts.ts';
import { sha1 } from './sha1.ts';
import { sha256 } from './sha256.ts';

/** Algorithms that the emulated kernels have built in (Debian's: CRYPTO_MD5, _SHA1, _SHA256, _SHA512, _SHA3), whoever computes them. */
export const KERNEL_HASHES: ReadonlySet<string> = new Set([
  'md5',
  'sha1',
  'sha224',
  'sha256',
  'sha384',
  'sha512',
  'sha3-256',
  'sha3-384',
  'sha3-512',
]);

export const softwareDigests: Digests = {
  compute(algorithm, parts) {
    switch (algorithm) {
      case 'sha1':
        return sha1(Buffer.concat(parts));
      case 'sha256':
        return Buffer.from(sha256(...parts), 'hex');
      default:
        return undefined;
    }
  },
};
