import { expect, it } from 'vitest';
import { tgidOf } from '../../../linux/ids.ts';
import { avcRecord } from '../decide/audit.ts';
import { refusalAbout, refusalOf } from './refusal.ts';

const record = (vector: number, details = '', permissive = false): string =>
  avcRecord({
    subject: { tgid: tgidOf(7), comm: 'a tclass=x' },
    vector,
    permissionNames: ['ioctl', undefined, 'write'],
    denied: { permissive },
    details,
    scontext: 'u:r:a:s0:c1,c2',
    tcontext: 'u:object_r:b:s0',
    tclass: 'file',
  });

it.each([
  ['what was denied, by its names', record(0b111), ['ioctl', 'write'], {}],
  ['what permissive mode let through', record(0b100, '', true), ['write'], {}],
  ['a command', record(1, ' path="/dev/x" dev="devtmpfs" ino=9 ioctlcmd=0x5413'), ['ioctl'], { command: 0x5413 }],
])('asks about %s', (_what, text, permissions, more) => {
  expect(refusalOf('AVC', text)).toEqual({
    words: ['u:r:a:s0:c1,c2', 'u:object_r:b:s0', 'file', ...permissions],
    query: 'access',
    ...more,
  });
});

it('asks who forbids a relabelling', () => {
  const text =
    'op=security_validate_transition seresult=denied oldcontext=u:object_r:a newcontext=u:object_r:b taskcontext=u:r:c tclass=file';
  expect(refusalOf('SELINUX_ERR', text)).toEqual({
    words: ['u:object_r:a', 'u:object_r:b', 'file', 'u:r:c'],
    query: 'validatetrans',
  });
  expect(refusalOf('SELINUX_ERR', text.replace('validate', 'bounded'))).toHaveProperty('problem');
});

it('has nothing to ask about what was granted, nor about records of others', () => {
  expect(refusalOf('AVC', record(1).replace('denied', 'granted'))).toBeUndefined();
  expect(refusalOf('AVC', 'apparmor="DENIED" operation="open"')).toBeUndefined();
  expect(refusalOf('MAC_STATUS', 'enforcing=1')).toBeUndefined();
  expect(refusalOf('AVC', record(2))).toHaveProperty('problem');
});

it('says what a record is about, by the types', () => {
  const about = { subject: 'a', object: 'b', kind: 'file' };
  expect(refusalAbout('AVC', record(0b101))).toEqual({ ...about, access: 'ioctl write', permissive: false });
  expect(refusalAbout('AVC', record(4, '', true))).toEqual({ ...about, access: 'write', permissive: true });
  expect(refusalAbout('AVC', record(1).replace('denied', 'granted'))).toBeUndefined();
  const relabelling =
    'op=security_validate_transition seresult=denied oldcontext=u:object_r:a newcontext=u:object_r:b taskcontext=u:r:c tclass=file';
  expect(refusalAbout('SELINUX_ERR', relabelling)).toMatchObject({ ...about, access: 'security_validate_transition' });
});
