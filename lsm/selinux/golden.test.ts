/**
 * The trees of a booted stack against answers recorded from real kernels (test/conformance/scenarios), in this process.
 * Every outcome that can be had without a kernel underneath must be equal, except those listed with a reason.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareOutcomes } from '../../test/conformance/compare.ts';
import { parseOutcomes, readGolden } from '../../test/conformance/outcomes.ts';
import { Player } from '../../test/selinux-golden/player.ts';
import type { Scenario } from '../../test/selinux-golden/scenario-step.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../test/conformance/scenarios');

/** The descriptor was never opened: the probe says so in its own words. */
const NO_DESCRIPTOR = '281.1.0';
/** SIDs of the guest's own filesystems; audit records of file access; records that printk's rate limit swallowed. */
const KERNEL_LOG = ['22', '26', '28'];

interface Expectation {
  readonly scenario: string;
  /** At least so many outcomes must have been compared. */
  readonly compared: number;
  readonly different?: readonly string[];
}

const EXPECTATIONS: readonly Expectation[] = [
  { scenario: 'a-attr-selinux', compared: 470 },
  { scenario: 'a-attr-bpf-selinux', compared: 460, different: [NO_DESCRIPTOR] },
  { scenario: 'a-attr-full-selinux', compared: 460, different: [NO_DESCRIPTOR] },
  { scenario: 'a-attr-yama-selinux-tomoyo', compared: 460 },
  { scenario: 'b-selinux-preload', compared: 770 },
  { scenario: 'b-selinux-preload-qemu', compared: 210 },
  { scenario: 'b-selinux-enforcing-boot', compared: 9 },
  { scenario: 'c-selinux-mini', compared: 1300 },
  { scenario: 'c-selinux-minideny', compared: 1280 },
  { scenario: 'c-selinux-minireject', compared: 240 },
  { scenario: 'c-selinux-klog', compared: 25, different: KERNEL_LOG },
  { scenario: 'g-live-selinux-status', compared: 27 },
];

describe.each(EXPECTATIONS)('$scenario', ({ scenario, compared, different = [] }) => {
  it(`equals the recorded kernel in at least ${compared} outcomes`, () => {
    const file = readFileSync(path.join(FOLDER, `${scenario}.json`), 'utf8');
    const parsed = JSON.parse(file) as Scenario;
    const player = new Player(parsed, FOLDER);
    player.play(parsed.steps);
    const golden = parseOutcomes(readGolden(FOLDER, scenario));
    const known = new Map([...golden].filter(([key]) => player.outcomes.has(key)));
    const actual = new Map([...player.outcomes].filter(([key]) => golden.has(key)));
    expect(known.size).toBeGreaterThanOrEqual(compared);
    // JSON drops what is undefined, as the recorded outcomes did.
    const plain = new Map([...actual].map(([key, outcome]) => [key, JSON.parse(JSON.stringify(outcome))]));
    const differences = compareOutcomes(known, plain);
    expect(differences.map(({ key }) => key)).toEqual(different);
  });
});
