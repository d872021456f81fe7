import type { Branded } from '../../../linux/ids.ts';

/** A security identifier: the number of a label in one namespace. */
export type Sid = Branded<'SELinux SID'>;

export const sidOf = (number: number): Sid => number as Sid;

/** No SID: an attribute of a task that is not set. */
export const SECSID_NULL = sidOf(0);
