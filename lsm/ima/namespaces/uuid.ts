/**
 * What lists call a user namespace. A kernel draws it at random; here it follows from when the kernel booted and how many
 * were made before, because a stack knows no chance.
 */
import { hex } from '../../../linux/bytes.ts';
import type { Digests } from '../../framework/facts.ts';

/** @param number 0: the initial one. @returns a UUID of version 8 (RFC 9562). */
export function namespaceUuid(digests: Digests, bootTime: bigint, number: number): string {
  const digest = digests.compute('sha256', [Buffer.from(`user namespace ${bootTime} ${number}`)]);
  const bytes = Uint8Array.from(digest ?? []).subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
