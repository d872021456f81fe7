import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Keyring } from './keyring.ts';
import { openRsa, verifyRsa } from './rsa.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = publicKey.export({ format: 'jwk' });
const KEY = {
  modulus: BigInt(`0x${Buffer.from(jwk.n ?? '', 'base64url').toString('hex')}`),
  exponent: BigInt(`0x${Buffer.from(jwk.e ?? '', 'base64url').toString('hex')}`),
};

/** One DER element. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const hex = (text: string) => Buffer.from(text, 'hex');
/** A certificate that nobody has signed: what is looked at is the key and its id. */
const SPKI = publicKey.export({ format: 'der', type: 'spki' });
const EXTENSION = der(0x30, der(0x06, hex('551d0e')), der(0x04, der(0x04, hex('0102030405060708aabbccdd'))));
const BODY = der(
  0x30,
  der(0xa0, der(0x02, hex('02'))),
  ...[der(0x02, hex('01')), der(0x30), der(0x30), der(0x30), der(0x30), SPKI],
  der(0xa3, der(0x30, EXTENSION)),
);
const CERTIFICATE = der(0x30, BODY, der(0x30), der(0x03, hex('00')));
const NAMES = ['md4', 'md5', 'sha1', 'rmd160', 'sha256'];
const nameOf = (number: number) => NAMES[number];
const digestOf = (text: string) => createHash('sha256').update(text).digest();

function signed(text: string, keyId = 'aabbccdd', algorithm = '04'): Buffer {
  const signature = createSign('sha256').update(text).sign(privateKey);
  return Buffer.concat([hex(`0302${algorithm}${keyId}0100`), signature]);
}

describe('signatures', () => {
  it('of RSA are what the private key has made', () => {
    const signature = createSign('sha256').update('text').sign(privateKey);
    expect(verifyRsa(KEY, 'sha256', digestOf('text'), signature)).toBe(true);
    expect(verifyRsa(KEY, 'sha256', digestOf('other'), signature)).toBe(false);
    expect(verifyRsa(KEY, 'sha512', digestOf('text'), signature)).toBe(false);
    expect(verifyRsa(KEY, 'sha256', digestOf('text'), signature.subarray(1))).toBe(false);
  });

  it('are not verified with keys that would take seconds', () => {
    const signature = new Uint8Array(2 ** 14);
    const [long, modulus] = [1n << 64n, (1n << 131_072n) - 1n];
    expect(verifyRsa({ ...KEY, exponent: long }, 'sha256', digestOf('text'), signature)).toBe(false);
    expect(verifyRsa({ modulus, exponent: 3n }, 'sha256', digestOf('text'), signature)).toBe(false);
    expect(openRsa({ modulus, exponent: 3n }, 8n)).toBeUndefined();
    expect(openRsa(KEY, 1n)).toMatch(/^0+1$/);
  });

  it('are verified with the key of a certificate that they name', () => {
    const lines: string[] = [];
    const ring = new Keyring('_toy', (text) => lines.push(text));
    expect(ring.verify(signed('text'), nameOf, digestOf('text'))).toBe('no-key');
    expect(lines).toEqual(['integrity: no _toy keyring: -126']);
    expect(ring.add(CERTIFICATE)).toBe(true);
    expect(ring.verify(signed('text'), nameOf, digestOf('text'))).toBe('good');
    expect(ring.verify(signed('text'), nameOf, digestOf('else'))).toBe('bad');
    expect(ring.verify(signed('text', '12345678'), nameOf, digestOf('text'))).toBe('no-key');
    expect(lines.at(-1)).toBe("integrity: Request for unknown key 'id:12345678' in '_toy' keyring. err -11");
  });

  it('that are cut, too long, or of no known form are bad', () => {
    const ring = new Keyring('_toy', () => undefined);
    ring.add(CERTIFICATE);
    const good = signed('text');
    for (const length of [0, 1, 2, 8, 9, 10, good.length - 1])
      expect(ring.verify(good.subarray(0, length), nameOf, digestOf('text'))).toBe('bad');
    expect(ring.verify(Buffer.concat([good, hex('00')]), nameOf, digestOf('text'))).toBe('bad');
    expect(ring.verify(signed('text', 'aabbccdd', 'ff'), nameOf, digestOf('text'))).toBe('bad');
    expect(ring.verify(hex('030900'), nameOf, digestOf('text'))).toBe('unsupported');
  });

  it('need a certificate that is one', () => {
    const ring = new Keyring('_toy', () => undefined);
    for (let length = 0; length < CERTIFICATE.length; length += 7)
      expect(ring.add(CERTIFICATE.subarray(0, length))).toBe(false);
    expect(ring.add(Buffer.alloc(4096, 0x30))).toBe(false);
    expect(ring.add(Buffer.from('no certificate'))).toBe(false);
  });
});
