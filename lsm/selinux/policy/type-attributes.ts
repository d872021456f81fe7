/**
 * Type attribute maps: for each type value, the attributes it has. Stored as ascending lists of values that include the type itself,
 * because a rule may name either.
 */
import { readEbitmap } from './ebitmap.ts';
import type { Reader } from './reader.ts';

/** One ebitmap per type value; bit i = value i+1. Result: index = type value. */
export function readTypeAttributes(reader: Reader, types: number): Uint16Array[] {
  const lists: Uint16Array[] = [new Uint16Array(0)];
  for (let type = 1; type <= types; type++) {
    const values: number[] = [];
    // Rules exist only for values of the table, so higher bits can never matter.
    for (const bit of readEbitmap(reader)) if (bit < types && bit + 1 !== type) values.push(bit + 1);
    values.push(type);
    lists.push(Uint16Array.from(values).sort());
  }
  return lists;
}
