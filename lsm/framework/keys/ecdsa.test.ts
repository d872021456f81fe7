import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CURVES } from './curves.ts';
import { type EcKey, ecKey, verifyEcdsa } from './ecdsa.ts';

const NAMES: Readonly<Record<string, string>> = {
  'ecdsa-nist-p192': 'prime192v1',
  'ecdsa-nist-p256': 'prime256v1',
  'ecdsa-nist-p384': 'secp384r1',
  'ecdsa-nist-p521': 'secp521r1',
};

/** What a certificate has of a key: the end of its SubjectPublicKeyInfo. */
function pointBytes(key: KeyObject, size: number): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(-(1 + 2 * size));
}

const CASES = [...CURVES.values()].map((curve) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: NAMES[curve.name] ?? '' });
  const bytes = pointBytes(publicKey, curve.size);
  return { name: curve.name, curve, privateKey, bytes, key: ecKey(curve, bytes) as EcKey };
});
const digestOf = (algorithm: string, text: string) => createHash(algorithm).update(text).digest();

describe.each(CASES)('$name', ({ curve, privateKey, bytes, key }) => {
  it.each(['sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3-256'])('knows signatures of %s', (algorithm) => {
    const signature = sign(algorithm, Buffer.from('text'), privateKey);
    expect(verifyEcdsa(key, algorithm, digestOf(algorithm, 'text'), signature)).toBe(true);
    expect(verifyEcdsa(key, algorithm, digestOf(algorithm, 'other'), signature)).toBe(false);
  });

  it('refuses what is no signature, or of a digest that the kernel does not take', () => {
    const signature = sign('sha256', Buffer.from('text'), privateKey);
    const digest = digestOf('sha256', 'text');
    for (const length of [0, 1, 2, 5, signature.length - 1])
      expect(verifyEcdsa(key, 'sha256', digest, signature.subarray(0, length))).toBe(false);
    const zeros = Buffer.from('3006020100020100', 'hex');
    expect(verifyEcdsa(key, 'sha256', digest, zeros)).toBe(false);
    expect(verifyEcdsa(key, 'sha256', digest, Buffer.from('3006020101020101', 'hex'))).toBe(false);
    expect(verifyEcdsa(key, 'md5', digest, signature)).toBe(false);
  });

  it('takes points that are on it, in their long form', () => {
    expect(ecKey(curve, bytes.subarray(1))).toBeUndefined();
    expect(ecKey(curve, Buffer.concat([Buffer.from([2]), bytes.subarray(1)]))).toBeUndefined();
    expect(
      ecKey(curve, Buffer.concat([bytes.subarray(0, -1), Buffer.from([(bytes.at(-1) ?? 0) ^ 1])])),
    ).toBeUndefined();
    expect(ecKey(curve, Buffer.alloc(bytes.length))).toBeUndefined();
  });
});
