import { describe, expect, it } from 'vitest';
import { matchesPattern } from './pattern.ts';

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
    ['/a/b', '/a/\\(\\*\\)/b', true],
    ['/a/x/y/b', '/a/\\(\\*\\)/b', true],
    ['/a/x/b', '/a/\\(y\\)/b', false],
    ['/b', '/\\(a\\)/b', true],
    ['/a/a/b', '/\\(a\\)/b', true],
  ])('%s %s', (name, pattern, expected) => {
    expect(matchesPattern(name, pattern)).toBe(expected);
  });

  it('answers soon, whatever the pattern', () => {
    const stars = `/${'\\*a'.repeat(200)}b`;
    expect(matchesPattern(`/${'a'.repeat(2000)}`, stars)).toBe(false);
    expect(matchesPattern(`/${'a/'.repeat(500)}c`, `/${'\\{\\*\\}/'.repeat(100)}b`)).toBe(false);
  });
});
