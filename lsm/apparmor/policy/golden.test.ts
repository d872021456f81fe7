/** The policy against what real kernels (6.12) answered. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Player } from '../../../test/apparmor/policy-player.ts';

const SCENARIOS = path.resolve(import.meta.dirname, '../../../test/conformance/scenarios');

describe('recorded kernels', () => {
  it.each([
    ['d-aa-access', 290],
    ['d-aa-load', 85],
    ['d-aa-namespaces', 70],
    ['d-aa-exec', 250],
    ['d-aa-attr', 1100],
    ['d-aa-klog', 30],
    ['d-aa-sets', 160],
    ['d-aa-labels', 210],
  ])('%s', (name, least) => {
    const player = new Player(SCENARIOS, name);
    expect(player.differences).toEqual([]);
    expect(player.compared).toBeGreaterThan(least);
  });
});
