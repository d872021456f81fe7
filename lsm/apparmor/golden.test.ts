/**
 * AppArmor in a booted stack against answers recorded from a real kernel (test/conformance/scenarios), in this process.
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

/** Stored policy is not compressed. */
const UNCOMPRESSED = /\/compressed_size$|:rawdata_compression_level$/;
/** A profile that denies the policy tree: looking at attributes is not mediated. */
const DENIED_STAT = ['219.11:.'];
/** Sockets: the player has none. */
const SOCKETS = ['26', '64', '66'];
/** A file of the guest. */
const OTHER_FILE = ['25.2'];

interface Expectation {
  readonly scenario: string;
  /** At least so many outcomes must have been compared. */
  readonly compared: number;
  readonly different?: readonly string[];
}

const EXPECTATIONS: readonly Expectation[] = [
  { scenario: 'a-attr-apparmor', compared: 480 },
  { scenario: 'd-aa-load', compared: 1280 },
  { scenario: 'd-aa-namespaces', compared: 315 },
  { scenario: 'd-aa-access', compared: 300 },
  { scenario: 'd-aa-attr', compared: 1790, different: DENIED_STAT },
  { scenario: 'd-aa-sets', compared: 160 },
  { scenario: 'd-aa-labels', compared: 210 },
  { scenario: 'd-aa-files', compared: 180, different: SOCKETS },
  { scenario: 'd-aa-klog', compared: 40, different: OTHER_FILE },
];

describe.each(EXPECTATIONS)('$scenario', ({ scenario, compared, different = [] }) => {
  it(`equals the recorded kernel in at least ${compared} outcomes`, () => {
    const parsed = JSON.parse(readFileSync(path.join(FOLDER, `${scenario}.json`), 'utf8')) as Scenario;
    const player = new Player(parsed, FOLDER);
    player.play(parsed.steps);
    const golden = parseOutcomes(readGolden(FOLDER, scenario));
    const known = new Map([...golden].filter(([key]) => player.outcomes.has(key)));
    const actual = new Map([...player.outcomes].filter(([key]) => golden.has(key)));
    expect(known.size).toBeGreaterThanOrEqual(compared);
    // JSON drops what is undefined, as the recorded outcomes did.
    const plain = new Map([...actual].map(([key, outcome]) => [key, JSON.parse(JSON.stringify(outcome))]));
    const differences = compareOutcomes(known, plain).filter(({ key }) => !UNCOMPRESSED.test(key));
    expect(differences.map(({ key }) => key)).toEqual(different);
  });
});
