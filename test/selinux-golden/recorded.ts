/** Tests that a booted stack in this process gives the answers that were recorded from a real kernel. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareOutcomes } from '../conformance/compare.ts';
import { parseOutcomes, readGolden } from '../conformance/outcomes.ts';
import { Player } from './player.ts';
import type { Scenario } from './scenario-step.ts';

const FOLDER = path.resolve(import.meta.dirname, '../conformance/scenarios');

export interface Expectation {
  readonly scenario: string;
  /** At least so many outcomes must have been compared. */
  readonly compared: number;
  /** Names of the outcomes that are not equal. */
  readonly different?: readonly string[];
}

/**
 * A test for each scenario: every outcome that can be had without a kernel underneath must be equal.
 * @param ignored names of outcomes that are not looked at.
 */
export function equalRecordedKernels(expectations: readonly Expectation[], ignored = /^$/): void {
  describe.each(expectations)('$scenario', ({ scenario, compared, different = [] }) => {
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
      const differences = compareOutcomes(known, plain).filter(({ key }) => !ignored.test(key));
      expect(differences.map(({ key }) => key)).toEqual(different);
    });
  });
}
