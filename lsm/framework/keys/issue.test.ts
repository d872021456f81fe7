import { describe, expect, it } from 'vitest';
import { type Issue, namesItself } from './issue.ts';

const NAMES = { subject: '3000', issuer: '3000', id: '013000' };
const issue = (authority: Issue['authority'], names: Partial<typeof NAMES> = {}): Issue => ({
  ...{ signed: new Uint8Array(0), signature: new Uint8Array(0), algorithm: 'sha256' },
  ...{ ...NAMES, ...names, authority },
});

describe('a certificate', () => {
  it('has signed itself by its names, and by what identifies the key or the certificate of its signer', () => {
    expect(namesItself(issue({}), 'aa')).toBe(true);
    expect(namesItself(issue({ key: 'aa' }), 'aa')).toBe(true);
    expect(namesItself(issue({ id: '013000' }), 'aa')).toBe(true);
    expect(namesItself(issue({ key: 'aa', id: '013000' }), 'aa')).toBe(true);
  });

  it('has been signed by another one', () => {
    expect(namesItself(issue({}, { issuer: '3001' }), 'aa')).toBe(false);
    expect(namesItself(issue({ key: 'bb' }), 'aa')).toBe(false);
    expect(namesItself(issue({ id: '023000' }), 'aa')).toBe(false);
    expect(namesItself(issue({ key: 'bb', id: '023000' }), 'aa')).toBe(false);
  });

  it('contradicts itself where one of both is its own', () => {
    expect(namesItself(issue({ key: 'aa', id: '023000' }), 'aa')).toBeUndefined();
    expect(namesItself(issue({ key: 'bb', id: '013000' }), 'aa')).toBeUndefined();
  });
});
