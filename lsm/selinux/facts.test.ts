import { describe, expect, it } from 'vitest';
import { configText, usualType } from './facts.ts';

describe('SELinux configuration', () => {
  it('names the usual policy, else the first', () => {
    expect(usualType(['mls', 'default', 'aaa'])).toBe('default');
    expect(usualType(['zzz', 'mine'])).toBe('mine');
    expect(usualType([])).toBeUndefined();
  });
  it('is what selinux_config(5) describes', () => {
    expect(configText('mls')).toMatch(/^#.*\nSELINUX=permissive\nSELINUXTYPE=mls\n$/);
    expect(configText(undefined)).not.toContain('SELINUXTYPE');
  });
});
