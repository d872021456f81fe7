/**
 * The values of tokens: kstrtoul() and its like, UUIDs, lists.
 */
import { E, type Result } from '../../../linux/errno.ts';
import { FUNCS, type Func, type ImaRule, MAY } from './rule.ts';

const ULONG_MAX = 2n ** 64n - 1n;
/** (uid_t)-1 stands for no user. */
const INVALID_ID = 0xffff_ffffn;
/** Number of bits in the per-inode set of measured registers. */
const PCR_LIMIT = 64;

/** Older names of hooks. */
const FUNC_ALIASES: ReadonlyMap<string, Func> = new Map([
  ['PATH_CHECK', 'FILE_CHECK'],
  ['FILE_MMAP', 'MMAP_CHECK'],
]);

const MASKS: ReadonlyMap<string, number> = new Map([
  ['MAY_EXEC', MAY.EXEC],
  ['MAY_WRITE', MAY.WRITE],
  ['MAY_READ', MAY.READ],
  ['MAY_APPEND', MAY.APPEND],
]);

/** `unsigned long`; hexadecimal with or without `0x`. */
export function parseNumber(text: string, base: 10 | 16): Result<bigint> {
  const digits = base === 16 ? /^\+?(?:0[xX])?([0-9a-fA-F]+)$/.exec(text) : /^\+?([0-9]+)$/.exec(text);
  if (digits === null) return E.EINVAL;
  const value = BigInt(base === 16 ? `0x${digits[1]}` : (digits[1] ?? '0'));
  return value > ULONG_MAX ? E.ERANGE : value;
}

/** @param mapped what an id of the writer's user namespace is in the initial one; `undefined` = nobody. */
export function parseId(text: string, mapped: (id: number) => number | undefined): Result<number> {
  const value = parseNumber(text, 10);
  if (typeof value !== 'bigint') return value;
  if (value >= INVALID_ID) return E.EINVAL;
  return mapped(Number(value)) ?? E.EINVAL;
}

export function parsePcr(text: string): Result<number> {
  if (!/^[+-]?[0-9]{1,9}$/.test(text)) return E.EINVAL;
  const pcr = Number(text);
  return pcr >= 0 && pcr < PCR_LIMIT ? pcr : E.EINVAL;
}

export function parseFunc(text: string): Func | undefined {
  return FUNC_ALIASES.get(text) ?? FUNCS.find((func) => func === text);
}

export function parseMask(text: string): ImaRule['mask'] {
  const contains = text.startsWith('^');
  const bit = MASKS.get(contains ? text.slice(1) : text);
  return bit === undefined ? undefined : { bit, contains };
}

export function maskName(bit: number): string {
  return [...MASKS].find(([, value]) => value === bit)?.[0] ?? '';
}

/** What follows the 36 characters is not looked at. */
export function parseUuid(text: string): string | undefined {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(text)?.[0].toLowerCase();
}

export const NULL_UUID = '00000000-0000-0000-0000-000000000000';

/** Joined with `|`; no item may be empty. */
export function parseList(text: string): readonly string[] | undefined {
  const items = text.split('|');
  return items.includes('') ? undefined : items;
}
