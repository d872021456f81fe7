import type { Branded } from '../../../linux/ids.ts';

/**
 * What stands for a label where an interface has room for a number: a module's own number, or a compound of several
 * modules' numbers. 0 = none.
 */
export type Secid = Branded<'secid'>;

export const secidOf = (number: number): Secid => number as Secid;
