import { expect, it } from 'vitest';
import { objectionTo, objectionToWay } from './trust.ts';

const own = process.geteuid?.() ?? 0;
const OTHER = 4242;

it.each([
  ['of ours', own, own, 0o700, undefined],
  ["of root's", 0, 0, 0o644, undefined],
  ["of another's", OTHER, own, 0o700, `belongs to user ${OTHER}`],
  ['with the owner among the group of the same number', own, own, 0o770, undefined],
  ['with a group of others', own, OTHER, 0o720, 'can be written to by others'],
  ['for all', own, own, 0o702, 'can be written to by others'],
  ['for all and sticky', own, own, 0o1777, 'can be written to by others'],
])('a directory %s', (_, uid, gid, mode, objection) => {
  expect(objectionTo({ uid, gid, mode })).toBe(objection);
});

it('on the way a sticky directory is for all', () => {
  expect(objectionToWay({ uid: own, gid: OTHER, mode: 0o1777 })).toBeUndefined();
  expect(objectionToWay({ uid: own, gid: OTHER, mode: 0o777 })).toBe('can be written to by others');
  expect(objectionToWay({ uid: OTHER, gid: OTHER, mode: 0o1777 })).toBe(`belongs to user ${OTHER}`);
});
