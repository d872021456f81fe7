/**
 * Why an image is no policy, in words: the parser itself says only what the kernel says, an errno.
 */
import { type Errno, failed } from '../../../linux/errno.ts';
import { MAGIC, MAX_VERSION, MIN_VERSION } from './header.ts';
import { parsePolicy, refusedAt } from './parse.ts';

/** Other files of SELinux that are mistaken for a policy, by their magic numbers (libsepol's sepol/policydb). */
const RELATIVES: ReadonlyMap<number, string> = new Map([
  [0xf97cff8d, 'a policy module (.mod), which semodule_package packs'],
  [0xf97cff8f, 'a policy package (.pp), which semodule installs'],
]);
const VERSION_AT = 16;

/** @param maxVersion as {@link parsePolicy} takes it. @returns one clause without a full stop; `undefined` for a policy. */
export function whyRejected(image: Uint8Array, maxVersion: number): string | undefined {
  const result = parsePolicy(image, maxVersion);
  return failed(result) ? reason(image, maxVersion, result) : undefined;
}

function reason(image: Uint8Array, maxVersion: number, errno: Errno): string {
  if (image.length === 0) return 'it is empty';
  const word = (at: number): number | undefined =>
    image.length < at + 4
      ? undefined
      : new DataView(image.buffer, image.byteOffset, image.byteLength).getUint32(at, true);
  const magic = word(0);
  if (magic !== MAGIC) {
    const relative = RELATIVES.get(magic ?? 0);
    if (relative !== undefined) return `it is ${relative}`;
    return `it does not start with the magic number of a policy, ${hex32(MAGIC)}${magic === undefined ? '' : `, but with ${hex32(magic)}`}`;
  }
  const version = word(VERSION_AT);
  const newest = Math.min(maxVersion, MAX_VERSION);
  if (version !== undefined && (version < MIN_VERSION || version > newest)) {
    return `it has version ${version}; known are ${MIN_VERSION} to ${newest}`;
  }
  const offset = refusedAt(image, maxVersion) ?? 0;
  return `${errno.code} at byte ${offset} of ${image.length}`;
}

function hex32(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
