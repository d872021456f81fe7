import { expect, it } from 'vitest';
import { tgidOf } from '../../../linux/ids.ts';
import { untrusted } from '../../framework/audit/audit-text.ts';
import { type AvcRecord, avcRecord } from './audit.ts';

const RECORD: AvcRecord = {
  subject: { tgid: tgidOf(42), comm: 'python3' },
  vector: 0b100,
  permissionNames: ['compute_av', undefined, 'compute_create'],
  denied: { permissive: true },
  details: '',
  scontext: 'a:b:c:s0',
  tcontext: 'd:e:f:s0',
  tclass: 'security',
};

it('a denial reads as the kernel writes it', () => {
  expect(avcRecord(RECORD)).toBe(
    'avc:  denied  { compute_create } for  pid=42 comm="python3" scontext=a:b:c:s0 tcontext=d:e:f:s0 tclass=security permissive=1',
  );
});

it('grants, unnamed bits, empty vectors, raw contexts, capabilities', () => {
  expect(avcRecord({ ...RECORD, denied: undefined, vector: 0x80000003 | 0 })).toBe(
    'avc:  granted  { compute_av 0x80000002 } for  pid=42 comm="python3" scontext=a:b:c:s0 tcontext=d:e:f:s0 tclass=security',
  );
  expect(avcRecord({ ...RECORD, vector: 0 })).toContain('avc:  denied  null pid=42');
  expect(
    avcRecord({ ...RECORD, denied: { permissive: false }, details: ' capability=33 ', sraw: 'bad', traw: 'a b' }),
  ).toBe(
    'avc:  denied  { compute_create } for  pid=42 comm="python3" capability=33  scontext=a:b:c:s0 tcontext=d:e:f:s0 tclass=security permissive=0 srawcon="bad" trawcon=612062',
  );
});

it('untrusted strings are quoted or hexadecimal', () => {
  expect(untrusted('sh')).toBe('"sh"');
  expect(untrusted('')).toBe('""');
  expect(untrusted('a b')).toBe('612062');
  expect(untrusted('\xe9"')).toBe('E922');
});
