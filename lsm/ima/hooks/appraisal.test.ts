/** What appraisal makes of digests and signatures: those of fs-verity, blacklisted ones, keys of the platform. */
import { createPublicKey, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { KERNEL_BUILDS } from '../../library/index.ts';
import { digestAttribute, digestsOf, setUp, TestFile } from './testing.ts';

it('a file whose digest is blacklisted is refused where a signature is asked for, and listed, without a record', () => {
  const rule = 'appraise func=FILE_CHECK fowner=5';
  const options = { build: KERNEL_BUILDS.full, keys: { '.blacklist': [`bin:${digestsOf('one').sha256}`] } };
  const value = digestAttribute('one');
  const file = new TestFile('/a', 'one');
  file.setXattrs({ 'security.ima': value });
  const digest = setUp(rule, options);
  expect(digest.apply(file, 'open', 4)).toBe(0);
  const box = setUp(`measure func=FILE_CHECK fowner=5\n${rule} appraise_type=imasig`, options);
  for (let count = 0; count < 2; count++) expect(box.apply(file, 'open', 4)).toMatchObject({ code: 'EACCES' });
  const empty = `sha256:${digestsOf('').sha256}`;
  expect(box.list().map((line) => line.split(' ').slice(2))).toEqual([
    ['ima-sig', `sha256:${digestsOf('one').sha256}`, '/a', ''],
    ['ima-buf', empty, 'blacklisted-hash', ''],
  ]);
  expect(box.world.audit.map(({ body }) => /op=(\S+) cause=(\S+)/.exec(body)?.[0])).not.toContain('op=appraise_data');
  file.write('two');
  expect(box.apply(file, 'open', 4)).toMatchObject({ code: 'EACCES' });
  expect(box.world.audit.at(-1)?.body).toContain('op=appraise_data cause=IMA-signature-required');
});

describe('digest_type=verity', () => {
  const [verity, content] = [digestsOf('tree').sha256 ?? '', digestsOf('one').sha256];
  const measured = 'measure func=FILE_CHECK fowner=5 digest_type=verity template=ima-sigv2';

  it('measures the digest that fs-verity has, by its name', () => {
    const box = setUp(measured);
    const file = new TestFile('/a', 'one');
    file.has({ verity: { algorithm: 'sha256', digest: verity } });
    expect(box.apply(file, 'open', 4)).toBe(0);
    expect(box.list().map((line) => line.split(' ').slice(2, 5))).toEqual([
      ['ima-sigv2', `verity:sha256:${verity}`, '/a'],
    ]);
    const plain = setUp('measure func=FILE_CHECK fowner=5 template=ima-ngv2');
    plain.apply(file, 'open', 4);
    expect(plain.list()[0]).toContain(` ima-ngv2 ima:sha256:${content} /a`);
  });

  it('lists and audits nothing, and lets nobody open, where there is none', () => {
    const box = setUp(`${measured}\naudit func=FILE_CHECK fowner=5`);
    expect(box.apply(new TestFile('/a', 'one'), 'open', 4)).toBe(0);
    expect([box.list(), box.world.audit.filter(({ type }) => type === 1805)]).toEqual([[], []]);
    expect(box.world.audit.at(-1)?.body).toContain('op=collect_data cause=no-verity-digest');
    const appraising = setUp('appraise func=FILE_CHECK fowner=5 digest_type=verity appraise_type=sigv3');
    expect(appraising.apply(new TestFile('/a', 'one'), 'open', 4)).toMatchObject({ code: 'EACCES' });
  });

  it('appraises signatures of the third version, of the digest and what it is', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { certificate, id } = certificateOf(privateKey);
    const signed = (digest: string, type = 6) => {
      const file = Buffer.concat([Buffer.from([type, 4]), Buffer.from(digest, 'hex')]);
      const signature = createSign('sha256').update(file).sign(privateKey);
      return Buffer.concat([Buffer.from([6, 3, 4]), id, Buffer.from([1, 0]), signature]).toString('latin1');
    };
    const rule = 'appraise func=FILE_CHECK fowner=5 digest_type=verity appraise_type=sigv3';
    const opens = (value: string) => {
      const box = setUp(rule, { keys: { _ima: [certificate.toString('base64')] } });
      const file = new TestFile('/a', 'one');
      file.has({ verity: { algorithm: 'sha256', digest: verity } });
      file.setXattrs({ 'security.ima': value });
      const result = box.apply(file, 'open', 4);
      return result === 0 ? 0 : /cause=(\S+)/.exec(box.world.audit.at(-1)?.body ?? '')?.[1];
    };
    expect(opens(signed(verity))).toBe(0);
    expect(opens(signed(content ?? ''))).toBe('invalid-verity-signature');
    expect(opens(signed(verity, 3))).toBe('invalid-verity-signature');
    expect(opens(signed(verity).replace('\x06\x03', '\x06\x02'))).toBe('invalid-signature-version');
    expect(opens(signed(verity).replace('\x06\x03', '\x03\x02'))).toBe('verity-signature-required');
  });
});

it('keys of the platform verify kernels for kexec and nothing else', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { certificate, id } = certificateOf(privateKey);
  const head = Buffer.concat([Buffer.from([3, 2, 4]), id, Buffer.from([1, 0])]);
  const value = Buffer.concat([head, createSign('sha256').update('one').sign(privateKey)]).toString('latin1');
  const rules = ['KEXEC_KERNEL_CHECK', 'MODULE_CHECK'].map((func) => `appraise func=${func} appraise_type=imasig`);
  const uses = (ring: string) => {
    const keys = { [ring]: [certificate.toString('base64')] };
    const box = setUp(rules.join('\n'), { build: KERNEL_BUILDS.full, keys });
    return (['kexec-kernel', 'module'] as const).map((hook) => {
      const file = new TestFile(`/${hook}`, 'one');
      file.setXattrs({ 'security.ima': value });
      return box.apply(file, hook, 4) === 0;
    });
  };
  expect([uses('.platform'), uses('_ima'), uses('.machine')]).toEqual([
    [true, false],
    [true, true],
    [false, false],
  ]);
});

/** One that nobody has signed: its key and its id are looked at. */
function certificateOf(privateKey: KeyObject): { certificate: Buffer; id: Buffer } {
  const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
    const content = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 0xff]), content]);
  };
  const id = Buffer.from('aabbccdd', 'hex');
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const extension = der(0x30, der(0x06, Buffer.from('551d0e', 'hex')), der(0x04, der(0x04, id)));
  const empty = der(0x30);
  const body = der(
    0x30,
    der(0x02, Buffer.from([1])),
    empty,
    empty,
    empty,
    empty,
    spki,
    der(0xa3, der(0x30, extension)),
  );
  return { certificate: der(0x30, body, empty, der(0x03, Buffer.from([0]))), id };
}
