import { expect, it } from 'vitest';
import { packPolicy, unpackPolicy } from './packed.ts';

const image = Buffer.from('a policy');
const store = { name: 'targeted', files: { seusers: 'root:x\n', 'contexts/files/file_contexts': '/\xff\n' } };

it('what was packed is unpacked', () => {
  const unpacked = unpackPolicy(packPolicy(image, store));
  expect(Buffer.from(unpacked?.image ?? []).toString()).toBe('a policy');
  expect(unpacked?.store).toEqual(store);
});

it('a policy alone is its own image', () => {
  expect(unpackPolicy(image)).toEqual({ image });
  expect(unpackPolicy(new Uint8Array(0))?.store).toBeUndefined();
});

it('damage is told, and no path leads out of a store', () => {
  const packed = Buffer.from(packPolicy(image, store));
  for (const at of [image.length, packed.length - 20, packed.length - 17, packed.length - 16]) {
    const damaged = Buffer.from(packed);
    damaged[at] = (damaged[at] ?? 0) ^ 0xff;
    expect(unpackPolicy(damaged), `byte ${at}`).toBeUndefined();
  }
  for (const path of ['../seusers', '/etc/passwd', 'a//b', 'a/./b', '']) {
    expect(unpackPolicy(packPolicy(image, { name: 'x', files: { [path]: '' } })), path).toBeUndefined();
  }
  expect(unpackPolicy(packPolicy(image, { name: '..', files: {} }))).toBeUndefined();
});
