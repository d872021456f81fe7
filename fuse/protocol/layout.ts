/**
 * Field offsets of C structs, computed from a table of field types.
 *
 * FUSE structs are little-endian on every machine we run on, naturally aligned and explicitly padded, so fields simply follow each other;
 * a table in which a field would not be aligned is a mistake and refused when the module loads.
 */
const WIDTH = { u16: 2, u32: 4, i32: 4, u64: 8, i64: 8 } as const;

export type FieldType = keyof typeof WIDTH;

export interface Layout<Name extends string> {
  /** Bytes of the whole struct. */
  readonly size: number;
  /** Byte offset of each field. */
  readonly at: { readonly [N in Name]: number };
}

export function layout<const Fields extends { readonly [name: string]: FieldType }>(
  fields: Fields,
): Layout<keyof Fields & string> {
  let size = 0;
  const at: Record<string, number> = {};
  for (const [name, type] of Object.entries(fields)) {
    const width = WIDTH[type];
    if (size % width !== 0) throw new TypeError(`field ${name} is not aligned`);
    at[name] = size;
    size += width;
  }
  return Object.freeze({ size, at: Object.freeze(at) as Layout<keyof Fields & string>['at'] });
}
