import { expect, it } from 'vitest';
import { permits, type Tags } from './tags.ts';

const tagsOf = (...names: string[]): Tags => new Map(names.map((name) => [name, { keep: false, value: undefined }]));

it.each([
  ['ptags:a:b:add', true],
  ['ptags:*:add', true],
  ['ptags:a:*:add', true],
  ['ptags:a:b:*:add', false],
  ['ptags:b:*:add', false],
  ['ptags:a:add', false],
  ['ptags:a:*:sub', false],
])('%s permits adding a:b: %s', (name, expected) => expect(permits(tagsOf(name), 'a:b', 'add')).toBe(expected));

it('permits what begins with an empty part', () =>
  expect([permits(tagsOf('ptags::*:add'), ':b', 'add'), permits(tagsOf(), ':b', 'add')]).toEqual([true, false]));

it('looks no further than the first that permits a tag of many parts', () => {
  let asked = 0;
  const tags = { size: 1, has: (name: string) => ++asked > 0 && name === 'ptags:a:*:add' } as unknown as Tags;
  expect(permits(tags, `a${':'.repeat(3999)}`, 'add')).toBe(true);
  expect(asked).toBe(3);
});
