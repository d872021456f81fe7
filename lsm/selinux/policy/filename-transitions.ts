/**
 * Filename transitions: the type of a new object by (directory type, class, last path component) and the creating domain.
 */
import { E } from '../../../linux/errno.ts';
import type { SymbolTables } from './datums.ts';
import { readEbitmap } from './ebitmap.ts';
import { type Reader, reject } from './reader.ts';
import { checkValue } from './symbol-table.ts';

export interface FilenameTransition {
  /** Values of the source types minus one; no attributes. */
  readonly sources: Iterable<number> & { has(bit: number): boolean };
  readonly newType: number;
}

/** Key: {@link filenameKey}. */
export type FilenameTransitions = ReadonlyMap<string, readonly FilenameTransition[]>;

export const VERSION_FILENAME_TRANSITIONS = 25;
export const VERSION_COMPRESSED = 33;
/** Buckets of the kernel's table when it reads the older form, which does not say how many keys there are. */
export const COMPAT_SLOTS = 1 << 11;

export function filenameKey(targetType: number, targetClass: number, name: string): string {
  return `${targetType}:${targetClass}:${name}`;
}

/** What a {@link filenameKey} was made of. */
export function filenameKeyParts(key: string): { targetType: number; targetClass: number; name: string } {
  const [, type, of, name = ''] = /^(\d+):(\d+):(.*)$/s.exec(key) ?? [];
  return { targetType: Number(type), targetClass: Number(of), name };
}

/** Names for which there is a rule. */
export function namesFor(
  transitions: FilenameTransitions,
  sourceType: number,
  targetType: number,
  targetClass: number,
): string[] {
  const beginning = filenameKey(targetType, targetClass, '');
  const names: string[] = [];
  for (const [key, rules] of transitions) {
    if (key.startsWith(beginning) && rules.some(({ sources }) => sources.has(sourceType - 1)))
      names.push(key.slice(beginning.length));
  }
  return names;
}

/** All names that have a rule. */
export function transitionNames(transitions: FilenameTransitions): string[] {
  return [...new Set([...transitions.keys()].map((key) => filenameKeyParts(key).name))];
}

export type TransitionTables = Pick<SymbolTables, 'types' | 'classes'>;

export function readFilenameTransitions(
  reader: Reader,
  tables: TransitionTables,
  version: number,
): FilenameTransitions {
  if (version < VERSION_FILENAME_TRANSITIONS) return new Map();
  return version < VERSION_COMPRESSED ? readPlain(reader, tables) : readCompressed(reader, tables);
}

/**
 * u32 count; each: u32 name length, name, u32 source, u32 target, u32 class, u32 new type. Of duplicates the first
 * counts, unless an earlier entry has the new type of a later one (filename_trans_read_helper_compat). The kernel does
 * not ask whether there is a type with the new value.
 */
function readPlain(reader: Reader, tables: TransitionTables): FilenameTransitions {
  const table = new Map<string, (FilenameTransition & { readonly sources: Set<number> })[]>();
  const count = reader.u32();
  for (let i = 0; i < count; i++) {
    const name = reader.string(reader.u32());
    const source = checkValue(reader.u32(), tables.types);
    const targetType = checkValue(reader.u32(), tables.types);
    const targetClass = checkValue(reader.u32(), tables.classes);
    const newType = reader.u32();
    const key = filenameKey(targetType, targetClass, name);
    const entries = table.get(key) ?? [];
    table.set(key, entries);
    const same = entries.find((entry) => entry.newType === newType || entry.sources.has(source - 1));
    if (same === undefined) entries.push({ sources: new Set([source - 1]), newType });
    else if (same.newType === newType) same.sources.add(source - 1);
  }
  return table;
}

/** u32 count; each: u32 name length, name, u32 target, u32 class, u32 n, n times sources and u32 new type. */
function readCompressed(reader: Reader, tables: TransitionTables): FilenameTransitions {
  const table = new Map<string, FilenameTransition[]>();
  const count = reader.hashTableCount();
  for (let i = 0; i < count; i++) {
    const name = reader.string(reader.u32());
    const targetType = checkValue(reader.u32(), tables.types);
    const targetClass = checkValue(reader.u32(), tables.classes);
    const key = filenameKey(targetType, targetClass, name);
    const entries = reader.u32();
    if (entries === 0) reject(E.ENOENT);
    const transitions: FilenameTransition[] = [];
    for (let j = 0; j < entries; j++) {
      transitions.push({ sources: readEbitmap(reader), newType: checkValue(reader.u32(), tables.types) });
    }
    if (table.has(key)) reject(E.EEXIST);
    table.set(key, transitions);
  }
  return table;
}
