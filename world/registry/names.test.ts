import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWorldName, madeUpName } from './names.ts';

describe('names', () => {
  it.each(['a', 'ci-1', 'A.b_c', 'x'.repeat(63)])('%s is one', (name) => expect(isWorldName(name)).toBe(true));
  it.each(['', '.', '..', '.x', '-x', 'a/b', 'a b', 'a\n', 'x'.repeat(64), 'ä'])('%j is none', (name) =>
    expect(isWorldName(name)).toBe(false),
  );

  it('made up ones are valid and differ for a long time', () => {
    const names = Array.from({ length: 1000 }, (_, choice) => madeUpName(choice));
    expect(names.every(isWorldName)).toBe(true);
    expect(new Set(names).size).toBe(1000);
  });

  it('a name is never more than one path component', () => {
    fc.assert(fc.property(fc.string(), (text) => !isWorldName(text) || (!text.includes('/') && !text.startsWith('.'))));
  });
});
