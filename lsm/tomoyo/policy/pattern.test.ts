import { describe, expect, it } from 'vitest';
import { matchesPattern } from './pattern.ts';
import { encodeName, isDomainName, isPath, isWord, normalizeLine } from './words.ts';

describe('patterns', () => {
  it.each([
    ['/tmp/a', '/tmp/a', true],
    ['/tmp/a', '/tmp/\\*', true],
    ['/tmp/a/b', '/tmp/\\*', false],
    ['/tmp/', '/tmp/\\*', false],
    ['/tmp/a.b', '/tmp/\\@', false],
    ['/tmp/ab', '/tmp/\\@', true],
    ['/tmp/12', '/tmp/\\$', true],
    ['/tmp/', '/tmp/\\$', false],
    ['/tmp/1', '/tmp/\\+', true],
    ['/tmp/12', '/tmp/\\+', false],
    ['/tmp/fF0', '/tmp/\\X', true],
    ['/tmp/g', '/tmp/\\x', false],
    ['/tmp/aZ', '/tmp/\\A', true],
    ['/tmp/a1', '/tmp/\\A', false],
    ['/tmp/a', '/tmp/\\?', true],
    ['/tmp/\\040', '/tmp/\\?', true],
    ['/tmp/\\\\', '/tmp/\\?', true],
    ['/tmp/\\040x', '/tmp/\\040\\a', true],
    ['/etc/passwd', '/etc/\\*\\-passwd\\-shadow', false],
    ['/etc/group', '/etc/\\*\\-passwd\\-shadow', true],
    ['/a/x/b', '/a/\\{\\*\\}/b', true],
    ['/a/x/y/z/b', '/a/\\{\\*\\}/b', true],
    ['/a/b', '/a/\\{\\*\\}/b', false],
    ['/a/x/y/b/', '/a/\\{\\a\\}/b/', true],
    ['/proc/12/exe', '/proc/\\$/exe', true],
  ])('%s %s', (name, pattern, expected) => {
    expect(matchesPattern(name, pattern)).toBe(expected);
  });

  it('answers soon, whatever the pattern', () => {
    const stars = `/${'\\*a'.repeat(200)}b`;
    expect(matchesPattern(`/${'a'.repeat(2000)}`, stars)).toBe(false);
    expect(matchesPattern(`/${'a/'.repeat(500)}c`, `/${'\\{\\*\\}/'.repeat(100)}b`)).toBe(false);
  });
});

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
