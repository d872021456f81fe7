import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { E } from '../../linux/errno.ts';
import { TestOpenFile } from '../user/testing.ts';
import { BlobFile, type BlobOptions } from './blob.ts';

const INIT = { ino: 3, mode: 0o600 };

function blobFile(options: Partial<BlobOptions> = {}) {
  const blobs: Buffer[] = [];
  const file = new BlobFile(INIT, {
    limit: 1000,
    begin: (offset) => (offset === 0 ? undefined : E.EINVAL),
    commit: (data) => {
      blobs.push(Buffer.from(data));
      return data[0] === 0x21 ? E.EEXIST : undefined; // '!'
    },
    ...options,
  });
  return { open: new TestOpenFile(file), blobs, texts: () => blobs.map(String) };
}

describe('BlobFile', () => {
  it('hands over a whole write at once, with its errno', () => {
    const { open, texts } = blobFile();
    expect([open.write('one'), open.write('!bad'), open.write('two')]).toEqual([3, 'EEXIST', 3]);
    expect(texts()).toEqual(['one', '!bad', 'two']);
  });

  it('hands over an empty write', () => {
    const { open, texts } = blobFile();
    expect(open.write('')).toBe(0);
    expect(texts()).toEqual(['']);
  });

  it('refuses a position at the first part only', () => {
    const { open, texts } = blobFile();
    expect(open.write('x', 1)).toBe('EINVAL');
    expect(open.write('ab', { offset: 0, mayContinue: true })).toBe(2);
    expect(open.write('c', 2)).toBe(1);
    expect(texts()).toEqual(['abc']);
  });

  it('reports the errno at the part that completes it', () => {
    const { open } = blobFile();
    expect(open.write('!a', { offset: 0, mayContinue: true })).toBe(2);
    expect(open.write('b', 2)).toBe('EEXIST');
  });

  it('recognises a complete object that ends with a full part', () => {
    const { open, texts } = blobFile({ whole: (data) => data.at(-1) === 0x2e });
    expect(open.write('ab', { offset: 0, mayContinue: true })).toBe(2);
    expect(open.write('c.', { offset: 2, mayContinue: true })).toBe(2);
    expect(texts()).toEqual(['abc.']);
    expect(open.write('d.', { offset: 0, mayContinue: true })).toBe(2);
    expect(texts()).toEqual(['abc.', 'd.']);
  });

  it('takes what it has when something else happens on the open', () => {
    const { open, texts } = blobFile();
    open.write('ab', { offset: 0, mayContinue: true });
    open.write('new', 0);
    expect(texts()).toEqual(['ab', 'new']);
    open.write('last', { offset: 0, mayContinue: true });
    open.handle.release?.();
    expect(texts()).toEqual(['ab', 'new', 'last']);
  });

  it('never keeps more than its limit', () => {
    const { open, texts } = blobFile();
    expect(open.write('x'.repeat(1001))).toBe('ENOMEM');
    expect(open.write('x'.repeat(600), { offset: 0, mayContinue: true })).toBe(600);
    expect(open.write('x'.repeat(600), { offset: 600, mayContinue: true })).toBe('ENOMEM');
    expect(texts()).toEqual([]);
  });

  it('assembles the same object however it was split', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 8 }), (parts) => {
        const expected = Buffer.concat(parts);
        const { open, blobs } = blobFile({ begin: () => undefined });
        let offset = 0;
        parts.forEach((part, index) => {
          open.write(part, { offset, mayContinue: index < parts.length - 1 });
          part.fill(0); // the transport reuses its buffer
          offset += part.length;
        });
        expect(blobs).toEqual([expected]);
      }),
    );
  });
});
