import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Texts } from './texts.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('Texts', () => {
  it('gives equal strings equal numbers, and others others', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 6, unit: 'binary-ascii' }), { maxLength: 60 }), (all) => {
        const texts = new Texts(7, 4096);
        const numbers = new Map<string, number>();
        for (const text of all) {
          const number = texts.make(bytes(text), 0, text.length);
          expect(number).toBe(numbers.get(text) ?? numbers.size + 1);
          numbers.set(text, number);
          expect(Buffer.from(texts.bytes(number)).toString('latin1')).toBe(text);
        }
      }),
    );
  });

  it('tells when there is no room, and knows nothing after it was cleared', () => {
    const texts = new Texts(4, 4);
    expect(texts.make(bytes('abcd'), 0, 4)).toBe(1);
    expect(texts.make(bytes('e'), 0, 1)).toBe(0);
    expect(texts.find(bytes('xabcdx'), 1, 5)).toBe(1);
    texts.clear();
    expect(texts.find(bytes('abcd'), 0, 4)).toBe(0);
  });
});
