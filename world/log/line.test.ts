import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditStamp } from '../../lsm/framework/audit/audit-text.ts';
import { auditFields } from '../../lsm/framework/audit/record-fields.ts';
import { auditLine, kernelLine, parseLine } from './line.ts';

/** A byte for each character, as the kernel writes; a record ends where its text does. */
const text = fc
  .string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)) })
  .filter((value) => !/\s$/.test(value) && !value.includes('\x85') && !value.startsWith('lsmfs: '));

describe('a line', () => {
  it('of the kernel comes back', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 1e9 }), (message, uptimeMs) => {
        const line = kernelLine(uptimeMs, message);
        expect(line.endsWith('\n')).toBe(true);
        expect(parseLine(line.slice(0, -1))).toEqual({ kind: 'kernel', uptime: uptimeMs / 1000, text: message });
      }),
    );
  });

  it('of audit comes back', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 2e12 }), fc.nat(), fc.nat(), (body, timeMs, serial, type) => {
        const record = parseLine(auditLine(type, auditStamp(timeMs, serial), body).slice(0, -1));
        expect(record).toMatchObject({ kind: 'audit', time: timeMs / 1000, serial, text: body });
      }),
    );
  });

  it('is one line whatever is in it', () => {
    expect(kernelLine(1, 'a\nb\n')).toBe('[    0.001000] a b\n');
    expect(auditLine(1400, auditStamp(1_700_000_000_007, 5), 'a\nb')).toBe(
      'type=AVC msg=audit(1700000000.007:5): a b\n',
    );
  });

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        expect(['kernel', 'lsmfs', 'audit', 'unknown']).toContain(parseLine(line).kind);
        auditFields(line);
      }),
    );
    expect(parseLine('')).toEqual({ kind: 'unknown', text: '' });
  });
});

it('takes an AVC record apart', () => {
  expect(
    auditFields(
      'avc:  denied  { read write } for  pid=7 comm="a b" name=2F20 scontext=u:r:t:s0 tcontext=u:r:x:s0-s1:c0,c1 tclass=file permissive=0',
    ),
  ).toEqual({
    seresult: 'denied',
    seperms: ['read', 'write'],
    pid: '7',
    comm: 'a b',
    name: '2F20',
    scontext: 'u:r:t:s0',
    tcontext: 'u:r:x:s0-s1:c0,c1',
    tclass: 'file',
    permissive: '0',
  });
  expect(auditFields("pid=1 msg='op=x res=success'")).toEqual({ pid: '1', msg: 'op=x res=success' });
  expect(auditFields('avc:  granted  null pid=1 comm="x"')).toMatchObject({
    seresult: 'granted',
    seperms: [],
    pid: '1',
  });
});
