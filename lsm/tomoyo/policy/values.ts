/**
 * Operands of policy lines: names, numbers and addresses, or groups of them (`@NAME`). Two are the same exactly if they print the same.
 *
 * Model: tomoyo_parse_name_union() and its relatives, Linux 6.12.
 */
import { matchesPattern } from '../../framework/policy-text/pattern.ts';
import { isWord, type Words } from './words.ts';

/** Named sets of operands, as far as a rule asks them. */
export interface Groups {
  /** The member that a name matches. */
  matchingName(group: string, name: string): string | undefined;
  hasNumber(group: string, min: bigint, max: bigint): boolean;
}

export interface Operand {
  readonly text: string;
  /** Name of the group it stands for. */
  readonly group?: string;
}

export type GroupKind = 'path' | 'number' | 'address';

function parseGroup(words: Words): Operand | undefined {
  if (!words.skip('@')) return undefined;
  const group = words.next();
  return isWord(group) ? { text: `@${group}`, group } : undefined;
}

export function parseName(words: Words): Operand | undefined {
  if (words.rest.startsWith('@')) return parseGroup(words);
  const text = words.next();
  return isWord(text) ? { text } : undefined;
}

/** What of a policy the name matches: the pattern, or the member of the group. */
export function matchName(operand: Operand, name: string, groups: Groups): string | undefined {
  if (operand.group !== undefined) return groups.matchingName(operand.group, name);
  return matchesPattern(name, operand.text) ? operand.text : undefined;
}

/** `min` and `max` are 64 bits wide; a group has neither. */
export interface NumberOperand extends Operand {
  readonly min: bigint;
  readonly max: bigint;
}

export function parseNumber(words: Words): NumberOperand | undefined {
  if (words.rest.startsWith('@')) {
    const group = parseGroup(words);
    return group && { ...group, min: 0n, max: 0n };
  }
  return parseRange(words.next());
}

const NUMBER = '0[xX][0-9a-fA-F]+|0[0-7]+(?![0-9])|0(?![0-7])[0-9]*|[1-9][0-9]*';
const RANGE = new RegExp(`^(${NUMBER})(?:-(${NUMBER}))?$`);

export function parseRange(text: string): NumberOperand | undefined {
  const match = RANGE.exec(text);
  if (match === null) return undefined;
  const first = parseValue(match[1] as string);
  const last = match[2] === undefined ? first : parseValue(match[2]);
  if (first.value > last.value) return undefined;
  const single = first.text === last.text;
  return { text: single ? first.text : `${first.text}-${last.text}`, min: first.value, max: last.value };
}

/** Decimal, octal and hexadecimal numbers are printed in the notation they came in. */
function parseValue(digits: string): { readonly value: bigint; readonly text: string } {
  const notation = /^0[xX]/.test(digits) ? 'hex' : /^0[0-7]/.test(digits) ? 'octal' : 'decimal';
  const value = BigInt.asUintN(64, BigInt(notation === 'octal' ? `0o${digits}` : digits));
  if (notation === 'hex') return { value, text: `0x${value.toString(16).toUpperCase()}` };
  return { value, text: notation === 'octal' ? `0${value.toString(8)}` : `${value}` };
}

/** One address or a range of them; both ends of one family. */
export function parseAddress(words: Words): Operand | undefined {
  if (words.rest.startsWith('@')) return parseGroup(words);
  return parseAddressRange(words.next());
}

export function parseAddressRange(text: string): Operand | undefined {
  const canonical = text.includes(':') ? canonicalIpv6 : canonicalIpv4;
  const ends = text.split('-').map(canonical);
  const [first, last] = ends.length === 1 ? [ends[0], ends[0]] : ends;
  if (ends.length > 2 || first === undefined || last === undefined) return undefined;
  return { text: first === last ? first : `${first}-${last}` };
}

/** in4_pton(): leading zeros mean nothing. */
function canonicalIpv4(text: string): string | undefined {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => /^0*\d{1,3}$/.test(octet) && Number(octet) < 256))
    return undefined;
  return octets.map(Number).join('.');
}

/** The kernel's %pI6c: the longest run of zero groups, if longer than one, becomes `::`. */
function canonicalIpv6(text: string): string | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = (half: string | undefined): string[] => (half ? half.split(':') : []);
  const head = groups(halves[0]);
  const tail = groups(halves[1]);
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...new Array<string>(Math.max(missing, 0)).fill('0'), ...tail];
  if (!all.every((group) => /^0*[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return compress(all.map((group) => Number.parseInt(group, 16).toString(16)));
}

function compress(groups: readonly string[]): string {
  let best = { start: 0, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}
