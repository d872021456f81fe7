import { describe, expect, it } from 'vitest';
import { normalizeLine } from '../../framework/policy-text/words.ts';
import { encodeName, isDomainName, isPath, isWord } from './words.ts';

describe('words', () => {
  it.each(['a', '@', '\\*', '/\\{a\\}/', '\\001', '\\040', '\\377', '"x'])('%s is one', (word) => {
    expect(isWord(word)).toBe(true);
  });
  it.each(['', 'a b', '\\', '\\z', '\\000', '\\101', '\\{a\\}/', '/\\{a\\}', '/\\{a/b\\}/', 'é'])(
    '%s is none',
    (word) => {
      expect(isWord(word)).toBe(false);
    },
  );
  it('knows paths and domains', () => {
    expect([isPath('/a'), isPath('a'), isPath('/a b')]).toEqual([true, false, false]);
    expect([isPath('fs:/a.b'), isPath('a.b/c')]).toEqual([true, false]);
    const names = ['<kernel>', '<kernel> /a', '<ns1> /a /b'];
    expect(names.map(isDomainName)).toEqual([true, true, true]);
    const bad = ['kernel', '<>', '<kernel', '<kernel> ', '<kernel> a', '<kernel> /a  /b', '<kernel> /a b'];
    expect(bad.map(isDomainName)).toEqual(bad.map(() => false));
  });
  it('encodes names', () => {
    expect(encodeName('/a b\\c\xff\x7f')).toBe('/a\\040b\\\\c\\377\\177');
  });
  it('normalises lines', () => {
    expect(normalizeLine('  file\t\tread \x01/a\xff ')).toBe('file read /a');
  });
});
