/**
 * Small policies for unit tests. `mini*`: those of the conformance scenarios. `feature.33`: compiled from feature.conf beside it, with most of
 * what Debian's policy does not use. `display.33`: the permission of the stacking patches, which free_t has. `all-classes.33`: every kernel class with one permission that no kernel has.
 */
import { readFileSync } from 'node:fs';
import { PolicyState } from '../../lsm/selinux/decide/index.ts';
import { type PolicyDb, parsePolicy } from '../../lsm/selinux/policy/index.ts';
import { failed } from '../../vfs/errno.ts';

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
