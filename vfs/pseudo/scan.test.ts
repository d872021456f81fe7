import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../linux/bytes.ts';
import { isSpace, scanFields, scanInt, scanUnsigned } from './scan.ts';

const int = (text: string) => scanInt(bytesOf(text));
const unsigned = (text: string) => scanUnsigned(bytesOf(text));

describe('kernel integers', () => {
  it.each([
    ['1', 1],
    [' \t\n1junk', 1],
    ['0x1', 0],
    ['-1', -1],
    ['010', 10],
    ['1\0' + '2', 1],
    ['4294967297', 1],
    ['2147483648', -2147483648],
    ['-4294967295', 1],
    ['\u00a07', 7],
  ])('%%d of %j is %d', (text, value) => {
    expect(int(text)).toBe(value);
  });

  it.each(['', '+1', '-', '--1', '- 1', 'x', ' ', '\0' + '1', '-\0' + '1'])('%%d of %j fails', (text) => {
    expect(int(text)).toBeUndefined();
  });

  it('%u takes no sign and wraps to 32 bits', () => {
    expect(unsigned('4294967295')).toBe(4294967295);
    expect(unsigned('4294967296')).toBe(0);
    expect(unsigned('-1')).toBeUndefined();
    expect(unsigned('+1')).toBeUndefined();
  });

  it('reads back every 32-bit number, whatever follows it', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom('', '\n', ' 5', 'x', '.5'), (value, rest) => {
        expect(int(`${value}${rest}`)).toBe(value);
      }),
    );
  });

  it('agrees with arithmetic modulo 2^32 on digits of any length', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 60n }), (value) => {
        expect(unsigned(String(value))).toBe(Number(BigInt.asUintN(32, value)));
        expect(int(`-${value}`)).toBe(Number(BigInt.asIntN(32, -value)) + 0);
      }),
    );
  });

  it('never throws on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const value = scanInt(bytes);
        expect(value === undefined || Number.isInteger(value)).toBe(true);
      }),
    );
  });
});

describe('scanFields', () => {
  it('takes words and numbers separated by any white space', () => {
    expect(scanFields(bytesOf(' a:b:c \n d:e:f\t 65537 rest'), ['s', 's', 'hu'])).toEqual(['a:b:c', 'd:e:f', 1]);
  });

  it('stops at the first conversion that fails', () => {
    expect(scanFields(bytesOf('a b c d'), ['s', 's', 'hu', 's'])).toEqual(['a', 'b', undefined, undefined]);
    expect(scanFields(bytesOf('a b 7 '), ['s', 's', 'hu', 's'])).toEqual(['a', 'b', 7, undefined]);
    expect(scanFields(bytesOf(''), ['s'])).toEqual([undefined]);
  });

  it('lets %s succeed with an empty word on white space alone, as the kernel does', () => {
    expect(scanFields(bytesOf('  '), ['s'])).toEqual(['']);
  });

  it('ends a word at a NUL', () => {
    expect(scanFields(bytesOf('ab\0cd ef'), ['s', 's'])).toEqual(['ab', undefined]);
  });

  it('splits like white space does', () => {
    const word = fc.uint8Array({ minLength: 1, maxLength: 8 }).filter((b) => b.every((x) => x !== 0 && !isSpace(x)));
    fc.assert(
      fc.property(word, word, fc.constantFrom(' ', '\n', '\t \v'), (first, second, space) => {
        const bytes = Buffer.concat([first, bytesOf(space), second]);
        const expected = [first, second].map((w) => Buffer.from(w).toString('latin1'));
        expect(scanFields(bytes, ['s', 's'])).toEqual(expected);
      }),
    );
  });
});
