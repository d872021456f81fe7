/** Names and sets of names as policy source text. */
import type { TypeSet } from '../policy/datums.ts';
import type { Ebitmap } from '../policy/ebitmap.ts';
import type { PolicyDb } from '../policy/policydb.ts';

/** Attributes lost their names in policies before version 24 or so; they go by their number then, as in setools. */
export function typeName(db: PolicyDb, value: number): string {
  return db.types.nameOf(value) ?? `@ttr${String(value).padStart(4, '0')}`;
}

/** `{ domain -init_t }`, `~{ domain }`. @param names bit = type value - 1; shown where the image does not say what the source has. */
export function typeSetText(db: PolicyDb, names: Ebitmap, written: TypeSet | undefined): string {
  const named = (bits: Iterable<number>, sign = ''): string[] =>
    Array.from(bits, (bit) => `${sign}${typeName(db, bit + 1)}`);
  if (written === undefined) return braced(named(names));
  const parts = [...(written.isAll ? ['*'] : []), ...named(written.names), ...named(written.excluded, '-')];
  return `${written.isComplement ? '~' : ''}${braced(parts)}`;
}

/** One name bare, others in braces. */
export function braced(names: readonly string[]): string {
  return names.length === 1 ? (names[0] ?? '') : `{ ${names.map((name) => `${name} `).join('')}}`;
}
