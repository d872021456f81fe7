import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { E, failed } from '../../../linux/errno.ts';
import { scanSysctlInt } from './sysctl-int.ts';

function scan(text: string): string | { value: number; taken: number } {
  const data = Buffer.from(text, 'latin1');
  const result = scanSysctlInt(data);
  return failed(result) ? result.code : { value: result.value, taken: data.length - result.left };
}

describe('recorded on a kernel', () => {
  it.each([
    ['1', 1, 1],
    ['1\n', 1, 2],
    [' 2', 2, 2],
    ['1 2', 1, 2],
    ['1\t2', 1, 2],
    ['1 x', 1, 2],
    ['0\n\n\n', 0, 4],
    ['0x2', 2, 3],
    ['0X1', 1, 3],
    ['010', 8, 3],
    ['02', 2, 2],
    ['-0', 0, 2],
    ['\xa01', 1, 2],
    [`${'0'.repeat(19)}1`, 1, 20],
    ['2147483647', 2147483647, 10],
    ['-2147483648', -2147483648, 11],
  ])('%j', (text, value, taken) => {
    expect(scan(text)).toEqual({ value, taken });
  });

  it.each([
    '',
    ' ',
    '\n',
    '-',
    '+1',
    'x',
    '1x',
    '08',
    '0x',
    '0b1',
    '1\0',
    '\0',
    '2\r',
    '1\x0b',
    '1\xa0',
    '2147483648',
    '-2147483649',
    `${'0'.repeat(20)}2`,
    '99999999999',
  ])('%j is EINVAL', (text) => {
    expect(scan(text)).toBe(E.EINVAL.code);
  });
});

it('reads back what it was given, in any notation, and takes the white space after it', () => {
  const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const space = fc.stringMatching(/^[ \t\n]{0,5}$/);
  const radix = fc.constantFrom(['', 10], ['0x', 16], ['0', 8]) as fc.Arbitrary<[string, number]>;
  fc.assert(
    fc.property(int, radix, space, space, (value, [prefix, base], before, after) => {
      const text = `${before}${value < 0 ? '-' : ''}${prefix}${Math.abs(value).toString(base)}${after}`;
      expect(scan(text)).toEqual({ value, taken: text.length });
    }),
  );
});

it('never takes more than there is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (data) => {
      const result = scanSysctlInt(data);
      if (failed(result)) return;
      expect(Number.isSafeInteger(result.value)).toBe(true);
      expect(result.left).toBeGreaterThanOrEqual(0);
      expect(result.left).toBeLessThan(data.length);
    }),
  );
});
