/**
 * Type attribute maps: for each type value, the attributes it has.
 *
 * Model: all maps are checked when the policy is read; one becomes a list when it is first asked for, since a machine
 * meets a few of the thousands of types of its policy.
 */
import { readEbitmap, skipEbitmap } from './ebitmap.ts';
import { Reader } from './reader.ts';

const NONE = new Uint16Array(0);

export class TypeAttributes {
  readonly #image: Uint8Array;
  /** Where the map of type i+1 begins. */
  readonly offsets: Uint32Array;
  readonly #lists: (Uint16Array | undefined)[] = [];

  constructor(image: Uint8Array, offsets: Uint32Array) {
    this.#image = image;
    this.offsets = offsets;
  }

  /** Attributes of a type and itself, because a rule may name either: values, ascending. Empty where there is no such value. */
  of(type: number): Uint16Array {
    const known = this.#lists[type];
    if (known !== undefined) return known;
    const offset = this.offsets[type - 1];
    if (offset === undefined) return NONE;
    const list = this.#read(type, offset);
    this.#lists[type] = list;
    return list;
  }

  #read(type: number, offset: number): Uint16Array {
    const values: number[] = [];
    const types = this.offsets.length;
    // Rules exist only for values of the table, so higher bits can never matter.
    for (const bit of readEbitmap(new Reader(this.#image, offset)))
      if (bit < types && bit + 1 !== type) values.push(bit + 1);
    values.push(type);
    return Uint16Array.from(values).sort();
  }
}

/** One ebitmap per type value; bit i = value i+1. */
export function readTypeAttributes(reader: Reader, types: number): TypeAttributes {
  // Each takes some bytes: a count beyond the image ends the reading before it ends the memory.
  const offsets = new Uint32Array(Math.min(types, reader.remaining + 1));
  for (let i = 0; i < types; i++) {
    offsets[i] = reader.position;
    skipEbitmap(reader);
  }
  return new TypeAttributes(reader.bytes, offsets);
}
