import type { Branded } from '../../../linux/ids.ts';

/**
 * The number that represents a label in interfaces with a single u32: a module's own id, or a compound id of several
 * modules' ids. 0 = none.
 */
export type Secid = Branded<'secid'>;

export const secidOf = (number: number): Secid => number as Secid;
