import { expect, it } from 'vitest';
import { labelInRule } from './label-rules.ts';

it('rules about users name a label, others are unknown', () => {
  expect(labelInRule({ field: 'subj_user', value: 'Joe' })).toBe('Joe');
  expect(labelInRule({ field: 'obj_user', value: 'Joe more' })).toBe('Joe');
  expect(labelInRule({ field: 'obj_user', value: '-Joe' })).toBeUndefined();
  expect(labelInRule({ field: 'subj_type', value: 'Joe' })).toBeUndefined();
});
