/**
 * The order in which the kernel goes through its hash tables: bucket after bucket, each a list kept sorted by key
 * (security/selinux/ss/hashtab.c). Hashes are those of Linux 6.12 on a 64-bit little-endian machine; all are unsigned
 * 32-bit numbers.
 */

/** @param entries unique by `compare`. @param slots number of buckets, a power of two. */
export function inBucketOrder<T extends { readonly hash: number }>(
  entries: readonly T[],
  slots: number,
  compare: (a: T, b: T) => number,
): T[] {
  const mask = slots - 1;
  return [...entries].sort((a, b) => ((a.hash & mask) >>> 0) - ((b.hash & mask) >>> 0) || compare(a, b));
}

/** Buckets of a table that was made for so many entries (hashtab_compute_size). */
export function slotsFor(count: number): number {
  return count <= 1 ? 1 : 2 ** (32 - Math.clz32(count - 1));
}

/** Names: djb2a (symhash). One character per byte. */
export function nameHash(name: string): number {
  let hash = 5381;
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 33) ^ name.charCodeAt(i)) >>> 0;
  return hash;
}

/** Bytes as strcmp(3) orders them; one character per byte. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** rangetr_hash */
export function rangeTransitionHash(source: number, target: number, targetClass: number): number {
  return (source + (target << 3) + (targetClass << 5)) >>> 0;
}

/** role_trans_hash: jhash_3words(role, type, class in both halves, 0) of include/linux/jhash.h. */
export function roleTransitionHash(role: number, type: number, targetClass: number): number {
  const initial = 0xdeadbeef + (3 << 2);
  let a = (role + initial) | 0;
  let b = (type + initial) | 0;
  let c = (((targetClass << 16) | targetClass) + initial) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  return ((c ^ b) - rotate(b, 24)) >>> 0;
}

/** avtab_hash */
export function ruleHash(source: number, target: number, targetClass: number): number {
  let hash = mixRule(mixRule(mixRule(0, targetClass), target), source);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Buckets of an access vector table that was made for so many rules (avtab_alloc). */
export function ruleSlotsFor(count: number): number {
  return count > 3 ? Math.min(2 ** (31 - Math.clz32(count >>> 1)), 1 << 16) : 2;
}

const GOLDEN_RATIO = 0x61c8864680b583ebn;

/** filenametr_hash: full_name_hash() of fs/namei.c, which takes eight bytes at a time. */
export function filenameTransitionHash(targetType: number, targetClass: number, name: string): number {
  let x = 0n;
  let y = BigInt((targetType ^ targetClass) >>> 0);
  let at = 0;
  for (; name.length - at >= 8; at += 8) {
    x ^= word(name, at);
    y ^= x;
    x = BigInt.asUintN(64, rotate64(x, 12n) + y);
    y = BigInt.asUintN(64, rotate64(y, 45n) * 9n);
  }
  x ^= word(name, at);
  y = BigInt.asUintN(64, (y ^ BigInt.asUintN(64, x * GOLDEN_RATIO)) * GOLDEN_RATIO);
  return Number(y >> 32n);
}

/** Up to eight bytes, the first one lowest. */
function word(name: string, at: number): bigint {
  let value = 0n;
  for (let i = Math.min(name.length, at + 8) - 1; i >= at; i--) value = (value << 8n) | BigInt(name.charCodeAt(i));
  return value;
}

function mixRule(hash: number, value: number): number {
  const mixed = hash ^ Math.imul(rotate(Math.imul(value, 0xcc9e2d51), 15), 0x1b873593);
  return (Math.imul(rotate(mixed, 13), 5) + 0xe6546b64) | 0;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function rotate64(value: bigint, bits: bigint): bigint {
  return BigInt.asUintN(64, (value << bits) | (value >> (64n - bits)));
}
