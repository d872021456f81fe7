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

it('counts records that a module keeps itself', () => {
  const refusal = (type: string, text: string) =>
    type === 'toy' && text.startsWith('no') ? { words: [], query: 'access' } : undefined;
  const about = { subject: '', object: '', kind: '', access: '' };
  const refusalAbout = (_type: string, text: string) => ({ ...about, permissive: text.endsWith('permissive') });
  const refusals = new Refusals([{ refusal, refusalAbout }]);
  for (const text of ['no', 'no permissive', 'yes']) refusals.recorded('toy', text);
  refusals.recorded('other', 'no');
  expect(refusals.count).toBe(1);
});
