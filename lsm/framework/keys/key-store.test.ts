import { describe, expect, it } from 'vitest';
import { E } from '../../../linux/errno.ts';
import { KEY_PERM_MASK, KEY_POS } from '../../../linux/keyctl.ts';
import type { Key } from './key.ts';
import { KeyStore } from './key-store.ts';

const [ROOT, USER] = [
  { uid: 0, gid: 0 },
  { uid: 1000, gid: 1000 },
];
const note = (description: string) => ({ type: 'user', description, payload: Buffer.from('text') }) as const;

function filled() {
  const store = new KeyStore();
  const ring = store.addRing('_ring', ROOT) as number;
  const key = store.add(note('a'), ring, ROOT) as Key;
  return { store, ring, key };
}

describe('the quota of a user', () => {
  it('is of 200 keys, with the keyrings', () => {
    const { store } = filled();
    const ring = store.addRing('_ring', USER) as number;
    for (let made = 1; made < 200; made++) expect(store.add(note(`k${made}`), ring, USER)).toHaveProperty('serial');
    expect(store.add(note('more'), ring, USER)).toBe(E.EDQUOT);
    expect(store.addRing('_more', USER)).toBe(E.EDQUOT);
    expect(store.add(note('more'), store.addRing('_ring', ROOT) as number, ROOT)).toHaveProperty('serial');
    expect(store.clear(ring, USER)).toBeUndefined();
    expect(store.add(note('more'), ring, USER)).toHaveProperty('serial');
  });

  it('is of 20,000 bytes', () => {
    const { store } = filled();
    const ring = store.addRing('_ring', USER) as number;
    const large = (description: string) => ({ ...note(description), payload: new Uint8Array(15_000) });
    expect(store.add(large('a'), ring, USER)).toHaveProperty('serial');
    expect(store.add(large('b'), ring, USER)).toBe(E.EDQUOT);
    expect(store.add(note('b'), ring, USER)).toHaveProperty('serial');
  });
});

it('a kept keyring, and what is added to it, stays as it is', () => {
  const store = new KeyStore();
  const kept = store.kernelRing({ name: '.kept', perm: KEY_PERM_MASK, keeps: true });
  const key = store.add({ ...note('a'), perm: KEY_PERM_MASK }, kept.serial, ROOT) as Key;
  const other = store.addRing('_other', ROOT) as number;
  expect(store.link(key.serial, other, ROOT)).toBeUndefined();
  expect([store.clear(kept.serial, ROOT), store.unlink(key.serial, kept.serial, ROOT)]).toEqual([E.EPERM, E.EPERM]);
  expect(store.revoke(key.serial, ROOT, KEY_POS.WRITE)).toBe(E.EPERM);
  expect(store.unlink(key.serial, other, ROOT)).toBeUndefined();
  expect(store.owned(key.serial, ROOT)).toBe(key);
});

describe('keyrings', () => {
  it('are found by their owner, those of boot by everybody', () => {
    const { store, ring } = filled();
    expect(store.findRing('_ring', 0)?.serial).toBe(ring);
    expect(store.findRing('_ring', 1000)).toBeUndefined();
    expect(store.findRing('_other', 0)).toBeUndefined();
    const boot = store.ringAtBoot('_boot');
    expect(store.findRing('_boot', 1000)).toBe(boot);
    expect(store.add(note('a'), boot.serial, USER)).toBe(E.EACCES);
  });

  it('replace namesakes, and have one key of a description', () => {
    const { store, ring, key } = filled();
    const second = store.add(note('a'), ring, ROOT) as Key;
    expect(store.search(ring, 'user', 'a', ROOT)).toBe(second);
    expect(store.owned(key.serial, ROOT)).toBe(E.ENOKEY);
    store.hold(store.owned(ring, ROOT) as Key);
    const newer = store.addRing('_ring', ROOT) as number;
    expect(store.findRing('_ring', 0)?.serial).toBe(newer);
    expect(store.visible(0).map(({ serial }) => serial)).toEqual([ring, second.serial, newer]);
    store.addRing('_ring', ROOT);
    expect(store.owned(newer, ROOT)).toBe(E.ENOKEY);
    expect(store.visible(1000)).toEqual([]);
  });

  it('let go of keys, which are gone when no keyring has them', () => {
    const { store, ring, key } = filled();
    const other = store.addRing('_other', ROOT) as number;
    expect(store.link(key.serial, other, ROOT)).toBeUndefined();
    expect(store.unlink(key.serial, ring, ROOT)).toBeUndefined();
    expect(store.unlink(key.serial, ring, ROOT)).toBe(E.ENOENT);
    expect(store.owned(key.serial, ROOT)).toBe(key);
    expect(store.clear(other, ROOT)).toBeUndefined();
    expect(store.owned(key.serial, ROOT)).toBe(E.ENOKEY);
    expect(store.unlinkRing(other, USER)).toBe(E.EACCES);
    expect(store.unlinkRing(other, ROOT)).toBeUndefined();
    expect(store.unlinkRing(other, ROOT)).toBe(E.ENOENT);
    expect(store.findRing('_other', 0)).toBeUndefined();
  });

  it('refuse what the kernel refuses', () => {
    const { store, ring, key } = filled();
    expect(store.add(note('b'), key.serial, ROOT)).toBe(E.ENOTDIR);
    expect(store.add(note('b'), 7, ROOT)).toBe(E.ENOKEY);
    expect(store.search(ring, 'user', 'b', ROOT)).toBe(E.ENOKEY);
    expect(store.search(key.serial, 'user', 'b', ROOT)).toBe(E.ENOTDIR);
    expect(store.clear(key.serial, ROOT)).toBe(E.ENOTDIR);
    expect(store.link(ring, ring, ROOT)).toBe(E.EPERM);
    expect(store.setPerm(ring, 0x40000000, ROOT)).toBe(E.EINVAL);
    expect(store.setPerm(ring, 0x3f3f0000, ROOT)).toBeUndefined();
    expect((store.owned(ring, ROOT) as Key).perm).toBe(0x3f3f0000);
    expect(store.revoke(key.serial, ROOT, KEY_POS.WRITE)).toBeUndefined();
    expect(store.owned(key.serial, ROOT)).toBe(E.EKEYREVOKED);
    expect(store.search(ring, 'user', 'a', ROOT)).toBe(E.ENOKEY);
  });
});
