/**
 * The directories avc/, ss/, initial_contexts/ and policy_capabilities/: made once, with contents that follow the policy.
 */

import { E, failed } from '../../../linux/errno.ts';
import { NumberFile, SequenceFile, TextFile } from '../../../vfs/pseudo/index.ts';
import { scanUnsigned } from '../../../vfs/pseudo/scan.ts';
import type { DirectoryEntry } from '../../../vfs/tree/node.ts';
import { INITIAL_SIDS, POLICY_CAPABILITIES } from '../decide/index.ts';
import type { SelinuxfsContext } from './context.ts';

const INITIAL_CONTEXT_INO = 0x01000000;
const CAPABILITY_INO = 0x08000000;

interface HashStatistics {
  readonly entries: number;
  readonly used: number;
  readonly slots: number;
  readonly longest: number;
}

function hashText({ entries, used, slots, longest }: HashStatistics): string {
  return `entries: ${entries}\nbuckets used: ${used}/${slots}\nlongest chain: ${longest}\n`;
}

export function avcNodes(
  { state: { avc }, cpus, foreign, check, init }: SelinuxfsContext,
  ino: number,
): DirectoryEntry[] {
  const threshold = new NumberFile(init('/avc/cache_threshold', ino, 0o644), {
    read: () => avc.threshold,
    scan: scanUnsigned,
    checkFirst: (caller) => foreign(caller) ?? check(caller, 'setsecparam'),
    store: (value) => {
      avc.threshold = value;
      return undefined;
    },
  });
  /** The emulation runs on the first CPU only. */
  const lines = () => {
    const { lookups, misses, allocations, reclaims, frees } = avc.statistics;
    const first = `${lookups} ${lookups - misses} ${misses} ${allocations} ${reclaims} ${frees}\n`;
    const others = Array.from({ length: cpus - 1 }, () => '0 0 0 0 0 0\n');
    return ['lookups hits misses allocations reclaims frees\n', first, ...others];
  };
  return [
    { name: 'cache_stats', node: new SequenceFile(init('/avc/cache_stats', ino + 2, 0o444), { records: lines }) },
    {
      name: 'hash_stats',
      node: new TextFile(init('/avc/hash_stats', ino + 1, 0o444), () => hashText(avc.hashStatistics)),
    },
    { name: 'cache_threshold', node: threshold },
  ];
}

export function sidTableNodes({ state, init }: SelinuxfsContext, ino: number): DirectoryEntry[] {
  const node = new TextFile(init('/ss/sidtab_hash_stats', ino, 0o444), () =>
    state.loaded === undefined ? E.EINVAL : hashText(state.loaded.sids.hashStatistics),
  );
  return [{ name: 'sidtab_hash_stats', node }];
}

export function initialContextNodes({ state, init }: SelinuxfsContext): DirectoryEntry[] {
  return [...INITIAL_SIDS].reverse().map(([sid, name]) => ({
    name,
    node: new TextFile(init(`/initial_contexts/${name}`, INITIAL_CONTEXT_INO | sid, 0o444), () => {
      const text = state.sidToContext(sid);
      return failed(text) ? text : `${text}\0`;
    }),
  }));
}

export function capabilityNodes({ state, init }: SelinuxfsContext): DirectoryEntry[] {
  const entries = POLICY_CAPABILITIES.map((name, id) => ({
    name,
    node: new TextFile(init(`/policy_capabilities/${name}`, CAPABILITY_INO | id, 0o444), () =>
      state.loaded?.state.db.capabilities.has(id) === true ? '1' : '0',
    ),
  }));
  return entries.reverse();
}
