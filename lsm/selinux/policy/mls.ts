/**
 * Multi-level security: levels (a sensitivity and a set of categories), ranges, and the dominance order on them (ss/mls.c).
 */

import type { MlsLevel, MlsRange, SymbolTables } from './datums.ts';
import { EMPTY_EBITMAP, readEbitmap } from './ebitmap.ts';
import { type Reader, require } from './reader.ts';

/** The level of everything in a policy without MLS. */
export const NO_LEVEL: MlsLevel = Object.freeze({ sensitivity: 0, categories: EMPTY_EBITMAP });
export const NO_RANGE: MlsRange = Object.freeze({ low: NO_LEVEL, high: NO_LEVEL });

/** `a` dominates `b`: at least as sensitive, and all of its categories. */
export function dominates(a: MlsLevel, b: MlsLevel): boolean {
  return a.sensitivity >= b.sensitivity && a.categories.contains(b.categories);
}

export function levelsEqual(a: MlsLevel, b: MlsLevel): boolean {
  return a.sensitivity === b.sensitivity && a.categories.equals(b.categories);
}

/** `level` lies between `low` and `high`. */
export function levelBetween(level: MlsLevel, low: MlsLevel, high: MlsLevel): boolean {
  return dominates(level, low) && dominates(high, level);
}

export function rangeContains(outer: MlsRange, inner: MlsRange): boolean {
  return dominates(inner.low, outer.low) && dominates(outer.high, inner.high);
}

export type MlsTables = Pick<SymbolTables, 'levels' | 'categories'>;

/** The sensitivity exists and all categories are associated with it. */
export function levelIsValid(tables: MlsTables, level: MlsLevel): boolean {
  if (level.sensitivity > tables.levels.maximum) return false;
  const defined = tables.levels.byValue(level.sensitivity);
  if (defined === undefined || level.categories.last > tables.categories.maximum) return false;
  return defined.level.categories.contains(level.categories);
}

export function rangeIsValid(tables: MlsTables, range: MlsRange): boolean {
  return levelIsValid(tables, range.low) && levelIsValid(tables, range.high) && dominates(range.high, range.low);
}

export function readLevel(reader: Reader): MlsLevel {
  const sensitivity = reader.u32();
  return { sensitivity, categories: readEbitmap(reader) };
}

/** u32 number of levels (1: high = low), their sensitivities, their categories. */
export function readRange(reader: Reader): MlsRange {
  const levels = reader.u32();
  require(levels === 1 || levels === 2);
  const lowSensitivity = reader.u32();
  const highSensitivity = levels === 2 ? reader.u32() : lowSensitivity;
  const low = { sensitivity: lowSensitivity, categories: readEbitmap(reader) };
  if (levels === 1) return { low, high: low };
  return { low, high: { sensitivity: highSensitivity, categories: readEbitmap(reader) } };
}
