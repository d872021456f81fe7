/**
 * Smack in a booted stack against answers recorded from a real kernel (test/conformance/scenarios), in this process.
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

interface Expectation {
  readonly scenario: string;
  /** At least so many outcomes must have been compared. */
  readonly compared: number;
  readonly different?: readonly string[];
}

/** Files of the guest. */
const OTHER_FILE = ['40.4'];
/** setresuid(2) copies credentials, which turns the list round once more; the stack is not told of it. */
const COPIED_CREDENTIALS = ['159.2'];

const EXPECTATIONS: readonly Expectation[] = [
  { scenario: 'a-attr-smack', compared: 480 },
  { scenario: 'a-attr-smack-first', compared: 470 },
  { scenario: 'e-smack-nodes', compared: 630 },
  { scenario: 'e-smack-nodes-2', compared: 540 },
  { scenario: 'e-smack-rules', compared: 180 },
  { scenario: 'e-smack-lists', compared: 150, different: COPIED_CREDENTIALS },
  { scenario: 'e-smack-decisions', compared: 400 },
  { scenario: 'e-smack-attr', compared: 230, different: OTHER_FILE },
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
    const differences = compareOutcomes(known, plain);
    expect(differences.map(({ key }) => key)).toEqual(different);
  });
});
