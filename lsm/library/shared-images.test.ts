import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type ParsedImage, SharedImages } from '../framework/shared-images.ts';
import { Booted } from './booted.ts';

class Counting extends SharedImages {
  readonly added: ParsedImage[] = [];

  override add(kind: string, parsed: ParsedImage): void {
    this.added.push(parsed);
    super.add(kind, parsed);
  }
}

it('finds what was parsed from the same bytes, for the same kind', () => {
  const shared = new SharedImages();
  const parsed = { image: Buffer.from('image') };
  shared.add('toy', parsed);
  expect(shared.find('toy', Buffer.from('image, and more'))).toBe(parsed);
  expect([shared.find('toy', Buffer.from('imagf')), shared.find('toy', Buffer.from('im'))]).toEqual([
    undefined,
    undefined,
  ]);
  expect(shared.find('other', Buffer.from('image'))).toBeUndefined();
});

it('has a policy parsed once, whatever buffer it comes in', () => {
  const shared = new Counting();
  const boot = (policy: Uint8Array): Booted =>
    new Booted({ lsm: 'selinux', policy }, { shared, log: { print: () => {}, audit: () => {} }, init: () => never() });
  const policy = readFileSync('test/data/policies/mediation.33');
  const worlds = [boot(policy), boot(Buffer.from(policy)), boot(readFileSync('test/data/policies/execs.33'))];
  expect([worlds.length, shared.added.length]).toEqual([3, 2]);
});

function never(): never {
  throw new Error('no process');
}
