/** Rules, copied from the image: the unconditional ones in the order of their hash table, conditional ones in their lists. */
import { AVTAB_ENABLED, AVTAB_XPERMS } from './avtab.ts';
import { ruleHash, ruleSlotsFor } from './bucket-order.ts';
import type { ImageWriter } from './image-writer.ts';
import type { Reader } from './reader.ts';

/** What changes at run time. */
export interface PolicyValues {
  /** Index = boolean value - 1. */
  readonly booleans: ArrayLike<number>;
  /** By number of the conditional block; `undefined`: both of its lists are off. */
  condition(block: number): boolean | undefined;
}

/** u32 count, items. */
export function copyRules(image: Reader, out: ImageWriter): void {
  const count = image.u32();
  out.u32(count);
  const slots = ruleSlotsFor(count);
  // Items by bucket, in file order: heads[bucket] and next[item] are item + 1.
  const starts = new Uint32Array(count + 1);
  const heads = new Uint32Array(slots);
  const tails = new Uint32Array(slots);
  const next = new Uint32Array(count);
  for (let item = 0; item < count; item++) {
    starts[item] = image.position;
    const [source, target, ruleClass] = [image.u16(), image.u16(), image.u16()];
    const bucket = ruleHash(source, target, ruleClass) & (slots - 1);
    readData(image, image.u16());
    if (heads[bucket] === 0) heads[bucket] = item + 1;
    else next[(tails[bucket] ?? 0) - 1] = item + 1;
    tails[bucket] = item + 1;
  }
  starts[count] = image.position;
  for (const head of heads) {
    const chain: Uint8Array[] = [];
    for (let item = head; item !== 0; item = next[item - 1] ?? 0) {
      insert(chain, image.bytes.subarray(starts[item - 1], starts[item]));
    }
    for (const item of chain) out.raw(item);
  }
}

/** avtab_insert: sorted by key, behind other rules of the same key, but before extended permissions of the same kind. */
function insert(chain: Uint8Array[], item: Uint8Array): void {
  const at = chain.findIndex((other) => {
    const order = half(item, 0) - half(other, 0) || half(item, 1) - half(other, 1) || half(item, 2) - half(other, 2);
    return order < 0 || (order === 0 && (half(item, 3) & half(other, 3) & ~AVTAB_ENABLED) !== 0);
  });
  if (at < 0) chain.push(item);
  else chain.splice(at, 0, item);
}

/** The number at 16-bit place `index`: source, target, class, kind. */
function half(item: Uint8Array, index: number): number {
  return (item[2 * index] ?? 0) | ((item[2 * index + 1] ?? 0) << 8);
}

/** @returns the data of an item: 32 bits, or two bytes and 256 bits. */
function readData(image: Reader, kind: number): Uint8Array {
  return image.raw((kind & AVTAB_XPERMS) === 0 ? 4 : 34);
}

/** u32 count of blocks; each: u32 value, u32 number of terms, terms, rules when true, rules when false. */
export function copyConditionals(image: Reader, values: PolicyValues, out: ImageWriter): void {
  const count = image.u32();
  out.u32(count);
  for (let block = 0; block < count; block++) {
    const loaded = image.u32();
    const value = values.condition(block);
    const now = value === undefined ? 0xffffffff : Number(value);
    const terms = image.u32();
    out.u32(now, terms);
    out.raw(image.raw(8 * terms));
    // The kernel marks which rules are in force when a value changes; until then the marks are those of the image.
    const changed = now !== loaded;
    copyList(image, changed ? value === true : undefined, out);
    copyList(image, changed ? value === false : undefined, out);
  }
}

/** @param inForce `undefined`: as the image says. */
function copyList(image: Reader, inForce: boolean | undefined, out: ImageWriter): void {
  const count = image.u32();
  out.u32(count);
  for (let i = 0; i < count; i++) {
    out.raw(image.raw(6)); // source, target, class
    const kind = image.u16();
    out.u16(inForce === undefined ? kind : inForce ? kind | AVTAB_ENABLED : kind & ~AVTAB_ENABLED);
    out.raw(readData(image, kind));
  }
}
