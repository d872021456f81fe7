/**
 * Names and sets of names as policy source text. A binary policy has sets of types where its source had attributes;
 * they are told by their attributes again.
 */
import type { Ebitmap } from '../policy/ebitmap.ts';
import type { PolicyDb } from '../policy/policydb.ts';

/** Attributes lost their names in policies before version 24 or so; they go by their number then, as in setools. */
export function typeName(db: PolicyDb, value: number): string {
  return db.types.nameOf(value) ?? `@ttr${String(value).padStart(4, '0')}`;
}

interface AttributeMembers {
  readonly name: string;
  /** Bit = type value - 1. */
  readonly members: readonly number[];
}

/** Attributes of two types or more, all of which are in `names`; largest first. */
function attributesWithin(db: PolicyDb, names: Ebitmap): readonly AttributeMembers[] {
  const sizes = new Uint32Array(db.types.maximum + 1);
  for (let type = 1; type <= db.types.maximum; type++) {
    for (const attribute of db.typeAttributes.of(type)) {
      if (attribute !== type) sizes[attribute] = (sizes[attribute] ?? 0) + 1;
    }
  }
  const members = new Map<number, number[]>();
  for (const bit of names) {
    for (const attribute of db.typeAttributes.of(bit + 1)) {
      if (attribute === bit + 1) continue;
      const list = members.get(attribute);
      if (list === undefined) members.set(attribute, [bit]);
      else list.push(bit);
    }
  }
  return [...members]
    .filter(([attribute, types]) => types.length > 1 && types.length === sizes[attribute])
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([attribute, types]) => ({ name: typeName(db, attribute), members: types }));
}

/** `names`: bit = type value - 1. An equivalent set of attributes and types, with the largest attributes that fit. */
export function typeSetText(db: PolicyDb, names: Ebitmap): string {
  const left = new Set([...names].filter((bit) => db.types.byValue(bit + 1)?.attribute !== true));
  const parts: string[] = [];
  for (const { name, members } of left.size > 1 ? attributesWithin(db, names) : []) {
    const fresh = members.filter((bit) => left.has(bit));
    if (fresh.length < 2) continue;
    parts.push(name);
    for (const bit of fresh) left.delete(bit);
  }
  for (const bit of left) parts.push(typeName(db, bit + 1));
  return braced(parts);
}

/** One name bare, others in braces. */
export function braced(names: readonly string[]): string {
  return names.length === 1 ? (names[0] ?? '') : `{ ${names.map((name) => `${name} `).join('')}}`;
}
