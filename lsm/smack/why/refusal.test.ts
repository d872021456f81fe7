import { expect, it } from 'vitest';
import { tgidOf } from '../../../linux/ids.ts';
import { accessRecord } from '../decide/audit.ts';
import { refusalAbout, refusalOf } from './refusal.ts';

const record = (request: number, allowed = false): string =>
  accessRecord(
    { hook: 'smk_tskacc', subject: 'App', object: 'Data', request, allowed },
    { tgid: tgidOf(1), comm: 'x subject=y' },
  );

it('asks about what was denied, and about nothing else', () => {
  expect(refusalOf('AVC', record(6))).toEqual({ words: ['App', 'Data', 'rw'], query: 'access' });
  expect(refusalOf('AVC', record(0))).toHaveProperty('problem');
  expect(refusalOf('AVC', record(6, true))).toBeUndefined();
  expect(refusalOf('AVC', 'avc:  denied  { read } for  pid=1')).toBeUndefined();
});

it('says what a record is about', () => {
  const about = { subject: 'App', object: 'Data', kind: '', permissive: false };
  expect(refusalAbout('AVC', record(6))).toEqual({ ...about, access: 'rw' });
  expect(refusalAbout('AVC', record(0))).toEqual({ ...about, access: 'labels differ' });
  expect(refusalAbout('AVC', record(6, true))).toBeUndefined();
});
