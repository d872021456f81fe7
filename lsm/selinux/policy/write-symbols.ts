/** The symbol tables of a policy, written as the kernel does. */
import { compareNames, inBucketOrder, nameHash, slotsFor } from './bucket-order.ts';
import { VERSION_DEFAULT_TYPE, VERSION_DEFAULTS } from './classes.ts';
import { TERM_NAMES, VERSION_CONSTRAINT_NAMES } from './constraint.ts';
import type { SymbolTables } from './datums.ts';
import { readEbitmap } from './ebitmap.ts';
import { ImageWriter } from './image-writer.ts';
import type { Reader } from './reader.ts';
import type { Named, SymbolTable } from './symbol-table.ts';
import { TYPE_ATTRIBUTE, TYPE_PRIMARY } from './type-table.ts';

/**
 * @param classes the image at the table of classes.
 * @param booleans present values; index = boolean value - 1.
 */
export function writeSymbols(
  tables: SymbolTables & { readonly version: number },
  classes: Reader,
  booleans: ArrayLike<number>,
  out: ImageWriter,
): void {
  writeTable(tables.commons, out, ({ name, value, permissions }) => {
    const entries = [...permissions.all()];
    out.named(name, value, permissions.maximum, entries.length);
    writePermissions(entries, out);
  });
  copyClasses(classes, tables.version, out);
  writeTable(tables.roles, out, ({ name, value, bounds, dominates, types }) => {
    out.named(name, value, bounds);
    out.ebitmap(dominates);
    out.ebitmap(types);
  });
  writeTable(tables.types, out, ({ name, value, primary, attribute, bounds }) =>
    out.named(name, value, (primary ? TYPE_PRIMARY : 0) | (attribute ? TYPE_ATTRIBUTE : 0), bounds),
  );
  writeTable(tables.users, out, ({ name, value, bounds, roles, range, defaultLevel }) => {
    out.named(name, value, bounds);
    out.ebitmap(roles);
    out.range(range);
    out.level(defaultLevel);
  });
  writeTable(tables.booleans, out, ({ name, value }) => {
    out.u32(value, booleans[value - 1] ?? 0);
    out.sized(name);
  });
  writeTable(tables.levels, out, ({ name, isAlias, level }) => {
    out.named(name, Number(isAlias));
    out.level(level);
  });
  writeTable(tables.categories, out, ({ name, value, isAlias }) => out.named(name, value, Number(isAlias)));
}

/** u32 highest value, u32 count, entries. */
function writeTable<T extends Named>(table: SymbolTable<T>, out: ImageWriter, write: (datum: T) => void): void {
  const entries = [...table.all()];
  out.u32(table.maximum, entries.length);
  for (const datum of inNameOrder(entries)) write(datum);
}

function writePermissions(entries: readonly Named[], out: ImageWriter): void {
  for (const { name, value } of inNameOrder(entries)) out.named(name, value);
}

function inNameOrder<T extends { readonly name: string }>(entries: readonly T[]): T[] {
  const keyed = entries.map((entry) => ({ entry, name: entry.name, hash: nameHash(entry.name) }));
  return inBucketOrder(keyed, slotsFor(entries.length), (a, b) => compareNames(a.name, b.name)).map(
    ({ entry }) => entry,
  );
}

function copyClasses(image: Reader, version: number, out: ImageWriter): void {
  const [maximum, count] = [image.u32(), image.u32()];
  out.u32(maximum, count);
  const classes = Array.from({ length: count }, () => copyClass(image, version));
  for (const { bytes } of inNameOrder(classes)) out.raw(bytes);
}

function copyClass(image: Reader, version: number): { name: string; bytes: Uint8Array } {
  const out = new ImageWriter();
  const [length, commonLength] = [image.u32(), image.u32()];
  const [value, maximum, count, constraints] = [image.u32(), image.u32(), image.u32(), image.u32()];
  const name = image.string(length);
  const common = commonLength === 0 ? '' : image.string(commonLength);
  out.u32(name.length, common.length, value, maximum, count, constraints);
  out.text(name);
  out.text(common);
  const permissions = Array.from({ length: count }, (): Named => {
    const nameLength = image.u32();
    const bit = image.u32();
    return { value: bit, name: image.string(nameLength) };
  });
  writePermissions(permissions, out);
  copyConstraints(image, constraints, version, out);
  const validateTransitions = image.u32();
  out.u32(validateTransitions);
  copyConstraints(image, validateTransitions, version, out);
  if (version >= VERSION_DEFAULTS) out.u32(image.u32(), image.u32(), image.u32());
  if (version >= VERSION_DEFAULT_TYPE) out.u32(image.u32());
  return { name, bytes: out.bytes };
}

function copyConstraints(image: Reader, count: number, version: number, out: ImageWriter): void {
  for (let i = 0; i < count; i++) {
    const [permissions, terms] = [image.u32(), image.u32()];
    out.u32(permissions, terms);
    for (let j = 0; j < terms; j++) {
      const kind = image.u32();
      out.u32(kind, image.u32(), image.u32());
      if (kind !== TERM_NAMES) continue;
      out.ebitmap(readEbitmap(image));
      if (version < VERSION_CONSTRAINT_NAMES) continue;
      out.ebitmap(readEbitmap(image));
      out.ebitmap(readEbitmap(image));
      out.u32(image.u32());
    }
  }
}
