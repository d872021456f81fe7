import { expect, it } from 'vitest';
import { verityOf } from './used-file.ts';

const scratch = () => ({ resultAddress: 0, resultView: new DataView(new ArrayBuffer(256)) });

/** The kernel's answer: struct fsverity_digest. */
function answering(algorithm: number, size: number) {
  const view = scratch();
  const digest = verityOf(view, -1, () => {
    expect(view.resultView.getUint16(2, true)).toBe(64);
    view.resultView.setUint16(0, algorithm, true);
    view.resultView.setUint16(2, size, true);
    for (let at = 0; at < size; at++) view.resultView.setUint8(4 + at, 0xab);
    return 0;
  });
  return digest;
}

it('the digest of fs-verity is what the kernel says, of algorithms that it has', () => {
  expect(answering(1, 32)).toEqual({ algorithm: 'sha256', digest: 'ab'.repeat(32) });
  expect(answering(2, 64)).toEqual({ algorithm: 'sha512', digest: 'ab'.repeat(64) });
  for (const [algorithm, size] of [
    [3, 32],
    [0, 0],
    [1, 64],
    [2, 32],
  ] as const)
    expect(answering(algorithm, size)).toBeUndefined();
  expect(verityOf(scratch(), -1, () => -61)).toBeUndefined();
});
