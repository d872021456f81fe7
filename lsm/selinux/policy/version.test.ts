import { expect, test } from 'vitest';
import { forKernel, policyVersion } from './version.ts';

function image(version: number): Uint8Array {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xf97cff8c, true);
  view.setUint32(16, version, true);
  return bytes;
}

test('version 34 becomes 33 for a kernel that knows 33, in a copy', () => {
  const original = image(34);
  expect(policyVersion(forKernel(original, 33))).toBe(33);
  expect(policyVersion(original)).toBe(34);
});

test.each([
  [33, 33],
  [24, 33],
  [35, 33],
  [34, 34],
])('version %i for a kernel that knows %i stays', (version, newest) => {
  const original = image(version);
  expect(forKernel(original, newest)).toBe(original);
});

test('what is no policy has no version and stays', () => {
  for (const bytes of [new Uint8Array(0), new Uint8Array(20), new TextEncoder().encode('root:x:0:0:root:/root:')]) {
    expect(policyVersion(bytes)).toBeUndefined();
    expect(forKernel(bytes, 33)).toBe(bytes);
  }
});
