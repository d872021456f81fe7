/**
 * Small policies for unit tests. `mini*`: those of the conformance scenarios. `feature.33`: compiled from feature.conf
 * beside it, with most of what Debian's policy does not use. `display.33`: the permission of the stacking patches,
 * which free_t has. `all-classes.33`: every kernel class with one permission that no kernel has.
 */
import { readFileSync } from 'node:fs';
import { failed } from '../../linux/errno.ts';
import { PolicyState } from '../../lsm/selinux/decide/index.ts';
import { type PolicyDb, parsePolicy } from '../../lsm/selinux/policy/index.ts';

export function smallPolicy(name: string): Uint8Array {
  const folder = name.startsWith('mini') ? '../conformance/scenarios/data' : '../data/policies';
  return new Uint8Array(readFileSync(new URL(`${folder}/${name}`, import.meta.url)));
}

export function parsed(image: Uint8Array, maxVersion = 35): PolicyDb {
  const db = parsePolicy(image, maxVersion);
  if (failed(db)) throw new Error(`the policy was rejected: ${db.code}`);
  return db;
}

export function stateOf(image: Uint8Array): PolicyState {
  return new PolicyState(parsed(image));
}

/** The policy as version 35, which differs from 33 by a bitmap of types that are never audited. */
export function withNeveraudit(image: Uint8Array, typeValue: number): Uint8Array {
  const old = Buffer.from(image);
  const headerSize = 32;
  const endOfBitmap = (at: number) => at + 12 + 12 * old.readUInt32LE(at + 8);
  const at = endOfBitmap(endOfBitmap(headerSize)); // capabilities, permissive types
  // Bits a unit, highest bit, one unit; that unit: first bit, 64 bits.
  const bitmap = Buffer.alloc(24);
  bitmap.writeUInt32LE(64, 0);
  bitmap.writeUInt32LE(64, 4);
  bitmap.writeUInt32LE(1, 8);
  bitmap.writeBigUInt64LE(1n << BigInt(typeValue), 16);
  const changed = Buffer.concat([old.subarray(0, at), bitmap, old.subarray(at)]);
  changed.writeUInt32LE(35, 16);
  return new Uint8Array(changed);
}
