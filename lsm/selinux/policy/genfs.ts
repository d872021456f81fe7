/**
 * genfs contexts: labels of files on filesystems without their own, by filesystem type and path prefix.
 */
import { type ContextTables, readContext } from './context.ts';
import type { SymbolTables } from './datums.ts';
import type { GenfsEntry } from './policydb.ts';
import { type Reader, require } from './reader.ts';

/** u32 count; each: u32 length, type, u32 count of { u32 length, path, u32 class, context }. */
export function readGenfs(
  reader: Reader,
  classes: SymbolTables['classes'],
  tables: ContextTables,
): ReadonlyMap<string, readonly GenfsEntry[]> {
  const genfs = new Map<string, readonly GenfsEntry[]>();
  const count = reader.u32();
  for (let i = 0; i < count; i++) {
    const fsType = reader.string(reader.u32());
    require(!genfs.has(fsType));
    genfs.set(fsType, readEntries(reader, classes, tables));
  }
  return genfs;
}

function readEntries(reader: Reader, classes: SymbolTables['classes'], tables: ContextTables): GenfsEntry[] {
  const entries: GenfsEntry[] = [];
  const classesOfPath = new Map<string, Set<number>>();
  const count = reader.u32();
  for (let i = 0; i < count; i++) {
    const path = reader.string(reader.u32());
    const entryClass = reader.u32();
    require(entryClass <= classes.maximum);
    const ofPath = classesOfPath.get(path);
    const entry = { path, class: entryClass, context: readContext(reader, tables) };
    if (ofPath === undefined) classesOfPath.set(path, new Set([entryClass]));
    else {
      require(entryClass !== 0 && !ofPath.has(0) && !ofPath.has(entryClass));
      ofPath.add(entryClass);
    }
    entries.push(entry);
  }
  // Longest first, so that the first prefix that matches is the best; file order among equals.
  return entries.sort((a, b) => b.path.length - a.path.length);
}
