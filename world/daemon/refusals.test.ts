import { expect, it } from 'vitest';
import { Refusals } from './refusals.ts';

it('counts records of refusals, not what permissive mode let through', () => {
  const toy = {
    refusal: (_type: string, text: string) => (text.startsWith('no') ? { words: [], query: 'access' } : undefined),
  };
  const refusals = new Refusals([{}, toy]);
  for (const text of ['no x=1 permissive=0', 'no', 'no permissive=1', 'yes']) refusals.recorded(1400, text);
  refusals.recorded(1300, 'no');
  expect(refusals.count).toBe(2);
});
