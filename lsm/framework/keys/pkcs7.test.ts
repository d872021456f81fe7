import { createHash } from 'node:crypto';
import { afterAll, expect, it } from 'vitest';
import { SigningFolder } from '../../../test/support/signed-messages.ts';
import type { Digests } from '../facts.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { parsePkcs7, signedDigest, verifyPkcs7 } from './pkcs7.ts';

const folder = new SigningFolder();
afterAll(() => folder.remove());

const ALGORITHMS = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3-256'];
const digests: Digests = {
  compute: (algorithm, parts) => createHash(algorithm).update(Buffer.concat(parts)).digest(),
};
const digestsOf = (content: string) =>
  new Map(ALGORITHMS.map((name) => [name, createHash(name).update(content).digest()]));
const certificate = (name: string, kind: 'rsa' | 'ec') => parseCertificate(folder.make(name, kind)) as Certificate;
const [rsa, ec, other] = [certificate('rsa', 'rsa'), certificate('ec', 'ec'), certificate('other', 'rsa')];
const verifies = (message: Uint8Array, keys: readonly Certificate[], content = 'text') =>
  verifyPkcs7(parsePkcs7(message) ?? [], digestsOf(content), keys);

it.each(['rsa', 'ec'])(
  'a signature by %s, of each algorithm and both ways to name the key, is of its content',
  (name) => {
    for (const algorithm of ALGORITHMS) {
      for (const id of ['', ' -keyid']) {
        const message = folder.sign('text', [name], `-noattr -nocerts${id} -md ${algorithm}`);
        const found = [
          verifies(message, [other, rsa, ec]),
          verifies(message, [rsa, ec], 'other'),
          verifies(message, [other]),
        ];
        expect([algorithm, id, ...found]).toEqual([algorithm, id, true, false, false]);
      }
    }
  },
  30_000,
);

it('certificates in the message make no key trusted', () => {
  const message = folder.sign('text', ['rsa'], '-noattr -md sha256');
  expect([verifies(message, [other]), verifies(message, [rsa])]).toEqual([false, true]);
});

it('all signers whose keys are known must be right, and one must be known', () => {
  const message = folder.sign('text', ['rsa', 'ec']);
  expect(
    parsePkcs7(message)
      ?.map(({ kind }) => kind)
      .sort(),
  ).toEqual(['ecdsa', 'rsa']);
  const wrong = { ...ec, key: rsa.key };
  expect([[rsa, ec], [rsa], [ec], [other], [rsa, wrong]].map((keys) => verifies(message, keys))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  const crowd = folder.sign(
    'text',
    Array.from({ length: 9 }, () => 'rsa'),
  );
  expect(parsePkcs7(crowd)).toBeUndefined();
});

it('authenticated attributes are read, and not allowed', () => {
  const message = folder.sign('text', ['rsa'], '-nocerts -nosmimecap -md sha256');
  const [signer] = parsePkcs7(message) ?? [];
  expect(verifies(message, [rsa])).toBe(false);
  expect(signer && signedDigest(signer, digestsOf('other'), digests)).toBeUndefined();
  const digest = signer && signedDigest(signer, digestsOf('text'), digests);
  const { attributes: _attributes, ...plain } = signer ?? expect.fail();
  // What is signed is the set of them.
  expect(verifyPkcs7([plain], new Map([['sha256', digest ?? new Uint8Array(0)]]), [rsa])).toBe(true);
  expect(parsePkcs7(folder.sign('text', ['rsa'], '-nocerts -md sha256'))).toBeUndefined();
});

it('messages with the data in them are not taken', () => {
  expect(parsePkcs7(folder.sign('text', ['rsa'], '-nodetach -noattr -nocerts -md sha256'))).toBeUndefined();
});

it('bytes that are no such message are refused: cut, changed, of other types, too long', () => {
  const message = folder.sign('text', ['rsa']);
  for (let end = 0; end < message.length; end++) expect(parsePkcs7(message.subarray(0, end))).toBeUndefined();
  const unseen = new Set<number>();
  for (let at = 0; at < message.length; at++) {
    for (const bits of [0x01, 0x80, 0xff]) {
      const changed = Buffer.from(message);
      changed[at] = (changed[at] ?? 0) ^ bits;
      const signers = parsePkcs7(changed);
      // A changed name or signature is still a message: of another key, or wrong.
      if (signers !== undefined && verifyPkcs7(signers, digestsOf('text'), [rsa])) unseen.add(at);
    }
  }
  // Nobody looks at the algorithms of the message as a whole, at what kind of list the signers are, and at parameters.
  const last = message.length - 262;
  expect([...unseen].filter((at) => (at < 26 || at > 54) && at !== last)).toEqual([]);
  for (const length of [0x80, 0x84, 0xff])
    expect(parsePkcs7(Buffer.from([0x30, length, 0x7f, 0xff, 0xff, 0xff]))).toBeUndefined();
  const nested = Buffer.concat([Buffer.from([0x30, 0x83, 1, 0, 0]), Buffer.alloc(65_536, 0x30)]);
  expect(parsePkcs7(nested)).toBeUndefined();
  expect(parsePkcs7(Buffer.alloc(60_000, 0x30))).toBeUndefined();
});
