import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileEntries, policyEntries } from './accept-words.ts';
import { Dfa } from './dfa.ts';
import { ALL_PERMISSIONS, accumulate, applyMode, NO_PERMISSIONS } from './permissions.ts';

function withWords(accept: number, accept2: number): Dfa {
  const one = Uint16Array.of(0, 0);
  return new Dfa({
    base: Uint32Array.of(0, 0),
    defaults: one,
    next: new Uint16Array(256),
    check: new Uint16Array(256),
    classes: undefined,
    accept: Uint32Array.of(0, accept),
    accept2: Uint32Array.of(0, accept2),
  });
}

/** Computed by apparmor_parser for known rules (spec of the format, section 12.6). */
describe('accept words of file rules', () => {
  it.each([
    ['r', 0x40010004, 0, 0x20000244, 0, 0x20000244],
    ['owner rw', 0x4000000e, 0, 0x2000337e, 0, 0x20000200],
    ['Px -> table 3', 0x47005c01, 0, 0x20000201, 0x08000003, 0x20000201],
    ['ix', 0x40904241, 0, 0x20010201, 0x40000000, 0x20010201],
    ['Cx -> table 2', 0x46005801, 0, 0x20000201, 0x08000002, 0x20000201],
    ['px', 0x42404901, 0, 0x20000201, 0x14000000, 0x20000201],
    ['px -> table 1', 0x45405501, 0, 0x20000201, 0x18000001, 0x20000201],
    ['Ux', 0x41004401, 0, 0x20000201, 0x80000000, 0x20000201],
    ['Pix', 0x42904a41, 0, 0x20010201, 0x44000000, 0x20010201],
    ['change_profile', 0xc0000000, 0, 0x60000200, 0, 0x60000200],
  ])('%s', (_rule, accept, accept2, ownerAllow, ownerX, otherAllow) => {
    const entries = fileEntries(withWords(accept, accept2));
    const owner = entries.at(entries.indexOf(1));
    expect([owner?.allow, owner?.xindex]).toEqual([ownerAllow, ownerX]);
    expect(entries.at(entries.indexOf(1) + 1)?.allow).toBe(otherAllow);
  });

  it('has audit and quiet of both kinds of users in the second word', () => {
    const audited = fileEntries(withWords(0x4002800a, 0x0002800a));
    expect(audited.at(2)).toMatchObject({ allow: 0x2000337a, audit: 0x317a });
    const denied = fileEntries(withWords(0x40000000, 0x01c00700));
    expect(denied.at(2)).toMatchObject({ allow: 0x20000200, quiet: 0x337e });
    expect(denied.at(4)).toBeUndefined();
  });
});

describe('accept words of policy rules', () => {
  it('uses the second set as an extension, and the exec bits since version 9', () => {
    const word = 0x00010000 | (0x7f << 7) | 0x4;
    expect(policyEntries(withWords(word, 0), 7).at(1)?.allow).toBe(0x4 | (1 << 20) | 0x8000);
    expect(policyEntries(withWords(word, 0), 9).at(1)?.allow).toBe(0x4 | (1 << 20) | 0x80 | (0x7e << 9));
    expect(policyEntries(withWords(word, 0), 9).at(0)).toEqual(NO_PERMISSIONS);
  });
});

describe('combination', () => {
  it('allows what all allow and none denies', () => {
    const word = fc.nat(0xffffffff).map((value) => value >>> 0);
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word), { maxLength: 5 }), (parts) => {
        const sum = parts.reduce(
          (acc, [allow, deny]) => accumulate(acc, { ...NO_PERMISSIONS, allow, deny }),
          ALL_PERMISSIONS,
        );
        const allow = parts.reduce((acc, [a, d]) => (acc & a & ~d) >>> 0, 0xffffffff);
        expect(sum.allow).toBe(allow);
        expect(sum.deny).toBe(parts.reduce((acc, [, d]) => (acc | d) >>> 0, 0));
      }),
    );
  });

  it('hears the mode of the profile', () => {
    const some = { ...NO_PERMISSIONS, audit: 1, quiet: 2 };
    expect(applyMode(some, 'enforce', false)).toEqual(some);
    expect(applyMode(some, 'enforce', true)).toMatchObject({ audit: 0xffffffff, quiet: 0 });
    expect(applyMode(some, 'kill', false).kill).toBe(0xffffffff);
    expect(applyMode(some, 'complain', false).complain).toBe(0xffffffff);
    expect(applyMode(some, 'user', false).prompt).toBe(0xffffffff);
  });
});
