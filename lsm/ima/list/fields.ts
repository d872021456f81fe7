/**
 * The fields of an entry: what is stored of an event, and how the readable list shows it (security/integrity/ima/ima_template_lib.c).
 *
 * Numbers are little-endian, as on the machines that are emulated.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { digestSize, type NamedDigest } from '../../framework/digests/hash.ts';
import type { FieldId } from './template.ts';
import { TextBytes } from './text-bytes.ts';

/** What happened, as far as fields show it. */
export interface MeasuredEvent {
  /** Path of a file, or name of the data. */
  readonly name: string;
  /** Last part of the path; absent = there is no file. */
  readonly shortName?: string;
  /** Absent = none could be made, or none is to be shown (violations); `algorithm` says how many zeros stand for it. */
  readonly digest?: NamedDigest;
  readonly algorithm: string;
  /** For the oldest template, which has room for no other: SHA-1, or MD5 where that is the kernel's. Absent = as `digest`. */
  readonly shortDigest?: Uint8Array;
  /** The signature at the end of the file: PKCS#7, and the digest of what is before it; absent = none could be made. */
  readonly modsig?: { readonly message: Uint8Array; readonly digest?: NamedDigest };
  /** Of a digest that fs-verity computed. */
  readonly verity?: boolean;
  readonly violation?: boolean;
  readonly buffer?: Uint8Array;
  readonly uid?: number;
  readonly gid?: number;
  /** Of who used it, see {@link FieldId}. */
  readonly namespace?: string;
  /** `st_mode` */
  readonly mode?: number;
  /** Attributes of the file by name. */
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

/** Attributes that EVM protects, in its order; the fields about them list those that a file has. */
export const PROTECTED_XATTRS: readonly string[] = [
  'security.selinux',
  'security.SMACK64',
  'security.SMACK64EXEC',
  'security.SMACK64TRANSMUTE',
  'security.SMACK64MMAP',
  'security.apparmor',
  'security.ima',
  'security.capability',
];

const OLD_DIGEST_SIZE = 20;
/** IMA_EVENT_NAME_LEN_MAX: longest name in the oldest template. */
export const OLD_NAME_MAX = 255;
/** First bytes of attribute values. */
export const XATTR_DIGSIG = 3;
export const XATTR_PORTABLE = 5;
export const XATTR_VERITY_DIGSIG = 6;

const EMPTY = new Uint8Array(0);

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function u16(value: number): Uint8Array {
  return u32(value).subarray(0, 2);
}

/** Spaces separate fields in the readable list, so a name has none. */
function text(value: string): Uint8Array {
  return bytesOf(`${value.replaceAll(' ', '_')}\0`);
}

function named(event: MeasuredEvent, prefix: string): Uint8Array {
  const { digest, algorithm } = event;
  const name = digest?.algorithm ?? algorithm;
  const bytes = digest?.bytes ?? new Uint8Array(digestSize(name));
  return join(bytesOf(`${prefix}${name}:\0`), bytes);
}

function shortName({ name, shortName: last }: MeasuredEvent): string {
  if (name.length <= OLD_NAME_MAX) return name;
  return last ?? name.slice(0, OLD_NAME_MAX);
}

function starting(value: Uint8Array | undefined, ...types: readonly number[]): Uint8Array {
  return value !== undefined && types.includes(value[0] ?? -1) ? value : EMPTY;
}

function protectedOf({ xattrs = new Map() }: MeasuredEvent): [string, Uint8Array][] {
  return PROTECTED_XATTRS.flatMap((name): [string, Uint8Array][] => {
    const value = xattrs.get(name);
    return value === undefined ? [] : [[name, value]];
  });
}

const VALUES: Readonly<Record<FieldId, (event: MeasuredEvent) => Uint8Array>> = {
  d: ({ violation, shortDigest, digest }) =>
    violation === true
      ? new Uint8Array(OLD_DIGEST_SIZE)
      : (shortDigest ?? digest?.bytes ?? new Uint8Array(OLD_DIGEST_SIZE)),
  n: (event) => text(shortName(event)),
  'd-ng': (event) => named(event, ''),
  'd-ngv2': (event) => named(event, event.verity === true ? 'verity:' : 'ima:'),
  'n-ng': ({ name }) => text(name),
  sig: (event) => {
    const own = starting(event.xattrs?.get('security.ima'), XATTR_DIGSIG, XATTR_VERITY_DIGSIG);
    return own.length > 0 ? own : VALUES.evmsig(event);
  },
  buf: ({ buffer = EMPTY }) => buffer,
  'd-modsig': ({ modsig }) => {
    const { digest } = modsig ?? {};
    return digest === undefined ? EMPTY : join(bytesOf(`${digest.algorithm}:\0`), digest.bytes);
  },
  modsig: ({ modsig }) => modsig?.message ?? EMPTY,
  evmsig: ({ xattrs }) => starting(xattrs?.get('security.evm'), XATTR_PORTABLE),
  iuid: ({ uid }) => (uid === undefined ? EMPTY : u32(uid)),
  igid: ({ gid }) => (gid === undefined ? EMPTY : u32(gid)),
  imode: ({ mode }) => (mode === undefined ? EMPTY : u16(mode)),
  xattrnames: (event) => {
    const names = protectedOf(event).map(([name]) => name);
    return names.length === 0 ? EMPTY : bytesOf(`${names.join('|')}\0`);
  },
  xattrlengths: (event) => join(...protectedOf(event).map(([, { length }]) => u32(length))),
  xattrvalues: (event) => join(...protectedOf(event).map(([, value]) => value)),
  ns: ({ namespace = '' }) => text(namespace),
};

export function fieldValue(id: FieldId, event: MeasuredEvent): Uint8Array {
  return VALUES[id](event);
}

/** After the name of its algorithm, which ends with a NUL. */
function writeNamed(out: TextBytes, value: Uint8Array): void {
  const name = out.untilNul(value);
  out.hex(value, name + 1);
}

/** In the readable list; an empty field shows nothing. */
export function writeField(out: TextBytes, id: FieldId, value: Uint8Array): void {
  if (value.length === 0) return;
  switch (id) {
    case 'd-ng':
    case 'd-ngv2':
    case 'd-modsig':
      writeNamed(out, value);
      break;
    case 'n':
    case 'n-ng':
    case 'xattrnames':
    case 'ns':
      out.untilNul(value);
      break;
    case 'iuid':
    case 'igid':
    case 'imode':
      out.text(String(value.reduceRight((number, byte) => number * 256 + byte, 0)));
      break;
    default:
      out.hex(value);
  }
}

export function showField(id: FieldId, value: Uint8Array): string {
  const out = new TextBytes();
  writeField(out, id, value);
  return out.toString();
}
