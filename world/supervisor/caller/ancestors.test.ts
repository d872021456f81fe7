import { describe, expect, it } from 'vitest';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import { rootAncestor } from './ancestors.ts';

/** Status texts: a process, its parent, and its user. */
const family = (...members: readonly (readonly [process: number, parent: number, ids: string])[]) => {
  const texts = new Map(members.map(([process, parent, ids]) => [process, `PPid:\t${parent}\nUid:\t${ids}\n`]));
  return (process: Tid) => texts.get(process) ?? '';
};
const ROOT = '0\t0\t0\t0';
const USER = '1000\t1000\t1000\t1000';
const any = () => true;

describe('the ancestor who is root', () => {
  const status = family([50, 40, USER], [40, 30, USER], [30, 20, '1000\t0\t0\t0'], [20, 10, ROOT], [10, 0, ROOT]);

  it('is the nearest, and nobody who only acts as root', () => {
    expect(rootAncestor(tidOf(50), any, status)).toBe(20);
    expect(rootAncestor(tidOf(20), any, status)).toBe(10);
  });

  it('is one that is accepted, and only those of root are asked about', () => {
    const asked: Tid[] = [];
    const accepted = (process: Tid) => asked.push(process) === 2;
    expect(rootAncestor(tidOf(50), accepted, status)).toBe(10);
    expect(asked).toEqual([20, 10]);
  });

  it('may be missing', () => {
    expect(rootAncestor(tidOf(10), any, status)).toBeUndefined();
    expect(rootAncestor(tidOf(60), any, status)).toBeUndefined();
    expect(rootAncestor(tidOf(1), any, family([1, 2, USER], [2, 1, USER]))).toBeUndefined();
  });
});
