import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeObjectName } from './object-name.ts';

it('decodes as libselinux encodes', () => {
  expect(decodeObjectName('a+b%2fc%C3%A9')).toBe('a b/c\xc3\xa9');
  expect(decodeObjectName('ab%00cd')).toBe('ab');
});

it.each(['100%', '%', '%4', '%g0', '%0x', 'a%%41'])('refuses %j', (encoded) => {
  expect(decodeObjectName(encoded)).toBeUndefined();
});

it('gives back every name that was encoded', () => {
  const encode = (c: string) =>
    /[A-Za-z0-9._~-]/.test(c) ? c : c === ' ' ? '+' : `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 255 })), (bytes) => {
      const name = String.fromCharCode(...bytes);
      expect(decodeObjectName([...name].map(encode).join(''))).toBe(name);
    }),
  );
});
