import { describe, expect, it } from 'vitest';
import { OUT_OF_BAND, policyWith } from '../policy/testing/policies.ts';
import { struct } from '../policy/testing/serialise.ts';
import { findAttachment } from './attachment.ts';

describe('attachment by extended attributes', () => {
  // Path, then for each attribute NUL and value, with out-of-band steps between.
  const accepting = {
    '/x': 1,
    [`/x${OUT_OF_BAND}\0yes`]: 1,
    [`/x${OUT_OF_BAND}\0yes${OUT_OF_BAND}`]: 0,
    [`/x${OUT_OF_BAND}${OUT_OF_BAND}`]: 0,
  };
  const plain = { name: 'plain', xmatch: { '/x': 1 } };
  const labelled = { name: 'labelled', xmatch: accepting, late: [struct('xattrs', ['user.a'])] };
  const attach = (value?: string, ...profiles: (typeof plain)[]) =>
    findAttachment(policyWith(...(profiles.length > 0 ? profiles : [plain, labelled])).root.profiles, {
      path: '/x',
      ...(value === undefined ? {} : { xattrs: { 'user.a': value } }),
    });

  it('prefers more matching attributes, in whatever order', () => {
    expect(attach('yes', plain, labelled).profile?.name).toBe('labelled');
    expect(attach('yes', labelled, plain).profile?.name).toBe('labelled');
  });

  it('counts a missing one as no match', () => {
    expect(attach()).toEqual({ info: 'conflicting profile attachments' });
  });

  it('passes over a profile whose attribute has another value', () => {
    expect(attach('no').profile?.name).toBe('plain');
  });
});
