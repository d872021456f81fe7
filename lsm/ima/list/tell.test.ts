import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { softwareDigests } from '../../framework/digests/digests.ts';
import type { ListTold } from '../../framework/files/measurement-list.ts';
import { Tpm } from '../../framework/tpm/tpm.ts';
import type { MeasuredEvent } from './fields.ts';
import { Measurements } from './measurements.ts';
import { tellOfList } from './tell.ts';
import { builtinTemplate, customTemplate } from './template.ts';

const TEMPLATES = ['ima', 'ima-ng', 'ima-sig', 'ima-ngv2', 'ima-sigv2', 'ima-buf', 'evm-sig', 'd-ng|n-ng|iuid'];
const content = new Uint8Array(32).fill(0xab);
const event = (name: string, more: Partial<MeasuredEvent> = {}): MeasuredEvent => ({
  name,
  algorithm: 'sha256',
  digest: { algorithm: 'sha256', bytes: content },
  shortDigest: content.subarray(0, 20),
  uid: 5,
  xattrs: new Map([['security.ima', Uint8Array.of(3, 2, 4)]]),
  ...more,
});

function list(fill: (list: Measurements) => void) {
  const tpm = new Tpm({ banks: [{ algorithm: 'sha1' }] }, softwareDigests);
  const measurements = new Measurements(softwareDigests, 'sha256', tpm);
  fill(measurements);
  const records = measurements.entries.map(({ record }) => record);
  const register = (number: number): string => tpm.values().sha1?.[number] ?? '';
  return { register, binary: Buffer.concat(records) };
}

const add = (to: Measurements, template: string, what: MeasuredEvent, pcr = 10): void => {
  const found = builtinTemplate(template) ?? customTemplate(template);
  if (found === undefined) throw new Error(template);
  to.add(found, pcr, what);
};

function told(binary: Uint8Array, verify = true): ListTold {
  const answer = tellOfList(binary, verify, softwareDigests);
  if ('problem' in answer) throw new Error(answer.problem);
  return answer;
}

describe('a measurement list', () => {
  it('leads to the registers of a TPM, of which those that were not extended are zeros', () => {
    const { register, binary } = list((to) => {
      add(to, 'ima-ng', event('/srv/eleven'), 11);
      add(to, 'ima-ng', event('/srv/none'), 40);
    });
    const { sha1 = [] } = told(binary).registers;
    const zeros = '00'.repeat(20);
    expect(sha1).toEqual([...Array(11).fill(zeros), register(11), ...Array(12).fill(zeros)]);
    expect(told(binary, false).registers).toEqual({});
  });

  it('is read back with every template, and gives the registers that the kernel extended', () => {
    const { register, binary } = list((to) => {
      for (const template of TEMPLATES)
        add(to, template, event(`/srv/with ${template}`), template === 'ima-ng' ? 11 : 10);
      add(to, 'ima', event('/srv/md5', { shortDigest: content.subarray(0, 16) }));
      add(to, 'ima-ng', event('/srv/busy', { violation: true }));
    });
    const { report, rows, intact, notes } = told(binary);
    expect(intact).toBe(true);
    expect(rows.map(([, template, , path]) => [template, path])).toEqual([
      ...TEMPLATES.map((name) => [name, `/srv/with_${name}`]),
      ['ima', '/srv/md5'],
      ['ima-ng', '/srv/busy'],
    ]);
    expect(rows.at(-1)?.[2]).toBe('violation');
    expect(rows[0]?.[2]).toBe('ab'.repeat(20));
    expect(rows[1]?.[2]).toBe(`sha256:${'ab'.repeat(32)}`);
    expect(report).toMatchObject({
      verification: {
        mismatches: [],
        violations: [TEMPLATES.length + 1],
        pcrs: { sha1: { 10: register(10), 11: register(11) } },
      },
    });
    expect(notes).toContain(`PCR 10 sha1: ${register(10)}`);
    expect(notes[0]).toContain('violation: entry 10, /srv/busy');
  });

  it('has digests that others compute from the same fields', () => {
    const { binary } = list((to) => add(to, 'ima-ng', event('/a')));
    const field = (bytes: Uint8Array) => Buffer.concat([Uint8Array.of(bytes.length, 0, 0, 0), bytes]);
    const data = Buffer.concat([field(Buffer.concat([Buffer.from('sha256:\0'), content])), field(Buffer.from('/a\0'))]);
    const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
    expect(told(binary).report).toMatchObject({
      entries: [{ templateDigest: createHash('sha1').update(data).digest('hex') }],
      verification: { pcrs: { sha256: { 10: sha256(new Uint8Array(32), sha256(data)).toString('hex') } } },
    });
  });

  it('is known when it was changed', () => {
    const { binary } = list((to) => {
      add(to, 'ima-ng', event('/one'));
      add(to, 'ima-ng', event('/two\n'));
    });
    binary[binary.length - 3] = 'x'.charCodeAt(0);
    const { intact, notes, report } = told(binary);
    expect(intact).toBe(false);
    expect(report).toMatchObject({ verification: { mismatches: [{ entry: 1 }] } });
    expect(notes[0]).toMatch(
      /^changed: entry 2, \/twx\\x0a: the digest of its fields is [0-9a-f]{40}, not [0-9a-f]{40}$/,
    );
    expect(told(binary, false).intact).toBe(true);
  });

  it('is refused where it breaks off, whatever it is made of', () => {
    const { binary } = list((to) => {
      for (const template of TEMPLATES) add(to, template, event('/x'));
    });
    const whole = [...Array(binary.length + 1).keys()].filter(
      (end) => !('problem' in tellOfList(binary.subarray(0, end), false, softwareDigests)),
    );
    // None, or up to the end of an entry.
    expect(whole).toHaveLength(1 + TEMPLATES.length);
    expect(tellOfList(new Uint8Array(64).fill(0xff), true, softwareDigests)).toMatchObject({
      problem: 'This is not a measurement list: entry 1 is incomplete.',
    });
  });
});
