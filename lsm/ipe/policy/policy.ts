/**
 * A policy: for each operation rules in their order, of which the first counts whose properties the file all has.
 *
 * Model: security/ipe/policy_parser.c and digest.c of Linux 6.12.
 */
import { ERRNO } from '../../../linux/errno.ts';

/** In the kernel's order. */
export const OPERATIONS = [
  'EXECUTE',
  'FIRMWARE',
  'KMODULE',
  'KEXEC_IMAGE',
  'KEXEC_INITRAMFS',
  'POLICY',
  'X509_CERT',
] as const;
export type Operation = (typeof OPERATIONS)[number];
export type Action = 'ALLOW' | 'DENY';

const PLAIN = [
  'boot_verified=FALSE',
  'boot_verified=TRUE',
  'dmverity_signature=FALSE',
  'dmverity_signature=TRUE',
  'fsverity_signature=FALSE',
  'fsverity_signature=TRUE',
] as const;
const WITH_DIGEST = ['dmverity_roothash', 'fsverity_digest'] as const;

export type Property =
  | { readonly name: (typeof PLAIN)[number] }
  | { readonly name: (typeof WITH_DIGEST)[number]; readonly algorithm: string; readonly digest: Uint8Array };

export interface Rule {
  readonly properties: readonly Property[];
  readonly action: Action;
}

export interface Policy {
  readonly name: string;
  /** Three numbers of 16 bits. */
  readonly version: readonly number[];
  /** As it was given. */
  readonly text: string;
  readonly rules: Readonly<Record<Operation, readonly Rule[]>>;
  /** By operation; `''` is for those that have none. */
  readonly defaults: ReadonlyMap<Operation | '', Action>;
}

const { EBADMSG, EINVAL, ERANGE } = ERRNO;

/** A positive errno. */
class Malformed extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super();
    this.errno = errno;
  }
}

/** @param text in latin-1. @returns a positive errno for what is no policy: EBADMSG, or EINVAL and ERANGE for numbers and digests. */
export function parsePolicy(text: string): Policy | number {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof Malformed) return error.errno;
    throw error;
  }
}

function parse(text: string): Policy {
  const [header, ...lines] = text
    .replace(/\0.*/s, '')
    .split(/[\n\r]/)
    .map((line) => line.replace(/#.*/, '').replace(/[\s\xa0]+$/, ''))
    .filter((line) => line !== '');
  if (header === undefined) throw new Malformed(EBADMSG);
  const { name, version } = parseHeader(header);
  const rules: Record<Operation, Rule[]> = {
    ...{ EXECUTE: [], FIRMWARE: [], KMODULE: [], KEXEC_IMAGE: [], KEXEC_INITRAMFS: [], POLICY: [], X509_CERT: [] },
  };
  const defaults = new Map<Operation | '', Action>();
  for (const line of lines) {
    const { isDefault, operation, properties, action } = parseRule(line);
    if (isDefault) {
      if (properties.length > 0 || defaults.has(operation ?? '')) throw new Malformed(EBADMSG);
      defaults.set(operation ?? '', action);
    } else if (operation === undefined) throw new Malformed(EBADMSG);
    else rules[operation].push({ properties, action });
  }
  const complete = defaults.has('') || OPERATIONS.every((operation) => defaults.has(operation));
  if (!complete) throw new Malformed(EBADMSG);
  return { name, version, text, rules, defaults };
}

const wordsOf = (line: string): string[] => line.split(/[ \t]/).filter((word) => word !== '');

function parseHeader(line: string): Pick<Policy, 'name' | 'version'> {
  const [first = '', second = '', ...others] = wordsOf(line);
  const name = /^policy_name=(.+)$/s.exec(first)?.[1];
  if (name === undefined) throw new Malformed(EBADMSG);
  const numbers = /^policy_version=(.+)$/s.exec(second)?.[1]?.split('.');
  if (numbers === undefined) throw new Malformed(EBADMSG);
  const version = numbers.map((number, index) => {
    if (index > 2) throw new Malformed(EBADMSG);
    return parseNumber(number);
  });
  if (version.length < 3 || others.length > 0) throw new Malformed(EBADMSG);
  return { name, version };
}

/** kstrtou16() */
function parseNumber(text: string): number {
  if (!/^\+?[0-9]+$/.test(text)) throw new Malformed(EINVAL);
  const number = Number(text);
  if (number > 0xffff) throw new Malformed(ERANGE);
  return number;
}

function parseRule(line: string) {
  const words = wordsOf(line);
  const last = words.pop();
  const isDefault = words[0] === 'DEFAULT';
  const [operationWord, ...propertyWords] = isDefault ? words.slice(1) : words;
  const operation = OPERATIONS.find((one) => operationWord === `op=${one}`);
  if (operationWord !== undefined && operation === undefined) throw new Malformed(EBADMSG);
  const properties = propertyWords.map(parseProperty);
  if (last !== 'action=ALLOW' && last !== 'action=DENY') throw new Malformed(EBADMSG);
  return { isDefault, operation, properties, action: last === 'action=ALLOW' ? ('ALLOW' as const) : ('DENY' as const) };
}

function parseProperty(word: string): Property {
  const plain = PLAIN.find((name) => name === word);
  if (plain !== undefined) return { name: plain };
  const name = WITH_DIGEST.find((one) => word.startsWith(`${one}=`) && word.length > one.length + 1);
  if (name === undefined) throw new Malformed(EBADMSG);
  const value = word.slice(name.length + 1);
  const colon = value.indexOf(':');
  if (colon < 0) throw new Malformed(EBADMSG);
  const digits = value.slice(colon + 1);
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) throw new Malformed(EINVAL);
  return { name, algorithm: value.slice(0, colon), digest: Buffer.from(digits, 'hex') };
}
