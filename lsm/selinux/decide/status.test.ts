import { expect, it } from 'vitest';
import { StatusPage } from './status.ts';

const words = (data: Uint8Array) => [...new Uint32Array(data.slice().buffer)];

it('the page starts with sequence 0 and rises by two per change', () => {
  const page = new StatusPage({ enforcing: false, policyload: 0, denyUnknown: true });
  const seen: number[][] = [];
  page.onChange = (content) => seen.push(words(content));
  expect(words(page.content())).toEqual([1, 0, 0, 0, 1]);
  page.update({ enforcing: true });
  page.update({ policyload: 1, denyUnknown: false });
  expect(seen).toEqual([
    [1, 2, 1, 0, 1],
    [1, 4, 1, 1, 0],
  ]);
});
