import { expect, it } from 'vitest';
import { builtinTemplate, NAMESPACE_TEMPLATES } from '../list/template.ts';
import { MeasuredKinds } from './measured-kinds.ts';

const template = (name: string) => {
  const found = builtinTemplate(name, NAMESPACE_TEMPLATES);
  if (found === undefined) throw new Error(name);
  return found;
};
const [NG, NS] = [template('ima-ng'), template('ima-ns')];

it('is known for each register, and for each namespace that the template names', () => {
  const kinds = new MeasuredKinds();
  const always = (): boolean => true;
  kinds.add(10, NG, '', always);
  kinds.add(11, NS, 'a', always);
  expect([kinds.has(10, NG, 'a'), kinds.has(11, NG, ''), kinds.has(10, NS, 'a')]).toEqual([true, false, false]);
  expect([kinds.has(11, NS, 'a'), kinds.has(11, NS, 'b')]).toEqual([true, false]);
  kinds.add(10, NS, 'a', always);
  expect([kinds.has(10, NS, 'a'), kinds.has(11, NS, 'a')]).toEqual([true, true]);
  kinds.clear();
  expect(kinds.has(10, NG, '')).toBe(false);
});

it('is bounded by the namespaces that there are, however many there were', () => {
  const kinds = new MeasuredKinds();
  const lives = new Set(['first', ...Array.from({ length: 100 }, (_, index) => `lives ${index}`)]);
  for (const name of ['', ...lives]) kinds.add(10, name === '' ? NG : NS, name, (one) => lives.has(one));
  let most = 0;
  for (let count = 0; count < 10_000; count++) {
    const name = `passes by ${count}`;
    kinds.add(10, NS, name, (one) => lives.has(one) || one === name);
    most = Math.max(most, kinds.size);
  }
  expect(most).toBeLessThanOrEqual(2 * (lives.size + 1));
  expect([kinds.has(10, NG, ''), ...[...lives].map((name) => kinds.has(10, NS, name))]).not.toContain(false);
});
