/** What a world in memory costs with Debian's policy: the first parses it, further ones share it; and a reset between tests. */
import { existsSync, readFileSync } from 'node:fs';
import { createWorld, type WorldOptions } from '../lsm/library/index.ts';
import type { BenchLine } from './line.ts';
import { elapsed, median } from './statistics.ts';

const POLICY = '/etc/selinux/default/policy/policy.34';
const ROUNDS = 100;

export function benchLibrary(): BenchLine[] {
  if (!existsSync(POLICY)) throw new Error(`${POLICY} is missing: apt-get install selinux-policy-default`);
  const options: WorldOptions = { lsm: 'selinux', policy: readFileSync(POLICY) };
  const worlds = Array.from({ length: ROUNDS }, () => elapsed(() => createWorld(options)));
  const world = createWorld(options);
  const resets = Array.from({ length: ROUNDS }, () => elapsed(() => world.reset()));
  const line = (what: string, value = Number.NaN): BenchLine => ({
    area: 'library',
    what,
    value: Math.round(value * 10) / 10,
    unit: 'ms',
  });
  return [
    line('first world', worlds[0]),
    line('second world', worlds[1]),
    line('further worlds, median', median(worlds.slice(1))),
    line('first reset', resets[0]),
    line('further resets, median', median(resets.slice(1))),
  ];
}
