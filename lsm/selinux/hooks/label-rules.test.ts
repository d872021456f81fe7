/** Rules of audit about parts of contexts. */
import { expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { smallPolicy } from '../../../test/selinux/policies.ts';
import type { LabelRule } from '../../framework/labels/label-rule.ts';
import { SelinuxState } from '../decide/state.ts';
import { isKnown, matches } from './label-rules.ts';

const state = new SelinuxState({ enforcing: false, log: { print: () => {}, audit: () => {} } });
state.load(smallPolicy('feature.33'));

function verdict(rule: LabelRule): boolean | undefined {
  const sid = state.contextToSid('sys_u:base_r:parent_t:s0:c1-s1:c0.c3');
  if (failed(sid) || state.loaded === undefined) throw new Error('no context');
  return isKnown(state.loaded, rule) ? matches(state.loaded, sid, rule) : undefined;
}

it.each<[LabelRule, boolean | undefined]>([
  [{ field: 'subj_user', value: 'sys_u' }, true],
  [{ field: 'obj_role', value: 'other_r' }, false],
  [{ field: 'subj_type', value: 'nosuch_t' }, undefined],
  [{ field: 'subj_sen', value: 's0:c1' }, true],
  [{ field: 'subj_sen', value: 's0' }, false],
  [{ field: 'subj_sen', value: 's0', order: '>' }, true],
  [{ field: 'subj_sen', value: 's0:c1', order: '>' }, false],
  [{ field: 'subj_sen', value: 's0:c1', order: '>=' }, true],
  [{ field: 'subj_sen', value: 's1:c2', order: '<=' }, false], // neither dominates
  [{ field: 'obj_lev_low', value: 's1:c1,c2', order: '<' }, true],
  [{ field: 'subj_clr', value: 's1:c0.c3' }, true],
  [{ field: 'obj_lev_high', value: 's1:c0.c3', order: '<' }, false],
  [{ field: 'obj_lev_high', value: 's0-s1' }, undefined],
  [{ field: 'subj_clr', value: 's2' }, undefined],
])('of a low and a high level: %j is %s', (rule, expected) => {
  expect(verdict(rule)).toBe(expected);
});
