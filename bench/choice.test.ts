import { expect, it } from 'vitest';
import { choices } from './choice.ts';

it('areas, parts of them, and where a part is done', () => {
  expect(choices('work,nodes')).toEqual([{ area: 'work' }, { area: 'nodes' }]);
  expect(choices('work:grep')).toEqual([{ area: 'work', part: 'grep' }]);
  expect(choices('work:git status:enforcing')).toEqual([{ area: 'work', part: 'git status', setting: 'enforcing' }]);
  expect(choices('work::confined')).toEqual([{ area: 'work', setting: 'confined' }]);
});
