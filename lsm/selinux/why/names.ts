/**
 * Names and sets of names as policy source text. A binary policy has sets of types where its source had attributes;
 * they are told by their attributes again.
 */
import { Ebitmap } from '../policy/ebitmap.ts';
import type { PolicyDb } from '../policy/policydb.ts';

/** Attributes lost their names in policies before version 24 or so; they go by their number then, as in setools. */
export function typeName(db: PolicyDb, value: number): string {
  return db.types.nameOf(value) ?? `@ttr${String(value).padStart(4, '0')}`;
}

/** Types of each attribute, largest first. */
function attributeMembers(db: PolicyDb): { readonly name: string; readonly members: Ebitmap }[] {
  const members = new Map<number, number[]>();
  db.typeAttributes.forEach((attributes, type) => {
    for (const attribute of attributes) {
      if (attribute === type) continue;
      const list = members.get(attribute);
      if (list === undefined) members.set(attribute, [type - 1]);
      else list.push(type - 1);
    }
  });
  return [...members]
    .filter(([, types]) => types.length > 1)
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([attribute, types]) => ({ name: typeName(db, attribute), members: Ebitmap.of(types) }));
}

/** `names`: bit = type value - 1. An equivalent set of attributes and types, with the largest attributes that fit. */
export function typeSetText(db: PolicyDb, names: Ebitmap): string {
  const left = new Set([...names].filter((bit) => db.types.byValue(bit + 1)?.attribute !== true));
  const parts: string[] = [];
  for (const { name, members } of left.size > 1 ? attributeMembers(db) : []) {
    if (!names.contains(members)) continue;
    const fresh = [...members].filter((bit) => left.has(bit));
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
