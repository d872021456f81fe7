import { expect, it } from 'vitest';
import { commonScope, type LabelScope } from './access-scope.ts';

const ONE: LabelScope = {
  attributes: ['security.a'],
  uniform: ['tmpfs', 'ramfs'],
  byDefault: ['ext4', 'xfs'],
  named: ['x'],
  rules: [],
};
const OTHER: LabelScope = {
  attributes: ['security.b'],
  uniform: ['tmpfs', 'xfs'],
  byDefault: ['ext4', 'ramfs', 'btrfs'],
  named: ['y'],
  rules: [],
};

it('of several modules is what any of them decides by', () => {
  expect(commonScope([])).toBe('nothing');
  expect(commonScope(['nothing', 'nothing'])).toBe('nothing');
  expect(commonScope(['nothing', ONE])).toEqual(ONE);
  expect(commonScope([ONE, 'nothing', undefined])).toBeUndefined();
  expect(commonScope([ONE, OTHER])).toEqual({
    attributes: ['security.a', 'security.b'],
    uniform: ['tmpfs'],
    byDefault: ['ext4', 'xfs', 'ramfs'],
    named: ['x', 'y'],
    rules: [],
  });
  expect(commonScope([{ ...ONE, uniform: 'all', byDefault: [] }, OTHER])?.valueOf()).toMatchObject({
    uniform: ['tmpfs', 'xfs'],
    byDefault: ['ext4', 'ramfs', 'btrfs'],
  });
});
