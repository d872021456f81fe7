/** Signs of auditctl(8). */
import { OP } from '../../../../linux/audit.ts';

/** Longest first: one begins with another. */
export const OPERATORS: ReadonlyMap<number, string> = new Map([
  [OP.NOT_EQUAL, '!='],
  [OP.BIT_TEST, '&='],
  [OP.LESS_OR_EQUAL, '<='],
  [OP.GREATER_OR_EQUAL, '>='],
  [OP.EQUAL, '='],
  [OP.LESS, '<'],
  [OP.GREATER, '>'],
  [OP.BIT_MASK, '&'],
]);

/** AUDIT_PERM_*, in the order in which they are shown. */
export const PERMISSIONS: ReadonlyMap<string, number> = new Map([
  ['r', 4],
  ['w', 2],
  ['x', 1],
  ['a', 8],
]);

/** Between several keys of a rule. */
export const KEY_SEPARATOR = '\x01';
