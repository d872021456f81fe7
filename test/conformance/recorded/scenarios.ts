/** What the tests of recorded scenarios share: where they are, how long they may take, what makes a run bad. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { chosen } from '../../support/tier.ts';
import { describeDifference } from '../compare.ts';
import { runConformance } from '../conformance.ts';
import { HostNeeds } from '../host-needs.ts';
import { readKnownDifferences } from '../known-differences.ts';
import { readKnownValues } from '../known-values.ts';
import type { Report } from '../report.ts';
import { loadScenario, type Scenario, scenarioFiles } from '../scenario.ts';
import { missingModules } from '../selection.ts';
import { lsmfsTarget } from '../targets.ts';

export const FOLDER = path.join(import.meta.dirname, '../scenarios');
const PROGRAM = path.join(import.meta.dirname, '../../../dist/lsmfs.js');
export const expected = {
  known: readKnownDifferences(path.join(import.meta.dirname, '../known-differences.json')),
  values: readKnownValues(path.join(import.meta.dirname, '../known-values.json')),
};
/** For a busy machine: the longest scenario takes a minute, a step in which semodule builds a policy took over 45 s once. */
export const limits = { timeoutMs: 300_000, stepSeconds: 120 };
/** Of one test: a live one boots a kernel besides. */
export const LIMIT_MS = 2 * limits.timeoutMs;
/** One of each area, and of each family of mediated calls: the fast tier. */
const FAST = new Set([
  'a-attr-calls',
  'b-selinux-enforcing-boot',
  'c-selinux-minireject',
  'd-aa-files',
  'd-aa-load',
  'e-smack-rules',
  'f-yama',
  'f-lockdown',
  'f-ima-audit',
  'f-evm-node',
  'g-live-selinux-status',
  'h-clients-libselinux',
  'j-audit-rules',
  'k-mediate-aa-files',
  'k-mediate-selinux-exec',
  'k-mediate-selinux-ipc',
  'k-mediate-selinux-keys',
  'k-mediate-selinux-memory',
  'k-mediate-selinux-sockets',
  'k-mediate-selinux-tasks',
  'k-mediate-smack-files',
]);
const runnable = scenarioFiles(FOLDER)
  .map(loadScenario)
  .filter((scenario) => missingModules(scenario).length === 0);

/** Everything that makes a run bad, as text. */
export function complaints(report: Report): string[] {
  return [
    ...report.results.flatMap((result) => [
      ...(result.problem === undefined ? [] : [result.problem]),
      ...result.unexpected.map((found) => describeDifference(result.scenario, found)),
      ...result.stale,
    ]),
    ...report.stale,
  ];
}

/**
 * Scenarios whose scratch folder has the same name may not run beside each other: the first that ends removes it. So all of them are in
 * the first half, with a third of the others.
 */
function isInFirstHalf({ scratch }: Scenario, index: number): boolean {
  return scratch !== undefined || index % 3 === 0;
}

/**
 * Every scenario that can run, in a world, against the recorded kernels. Two files of tests run beside each other, because a scenario
 * mostly waits.
 */
export function testScenarios(half: 'first' | 'second'): void {
  const host = new HostNeeds();
  const ofHalf = runnable.filter((scenario, index) => isInFirstHalf(scenario, index) === (half === 'first'));
  const mine = chosen(ofHalf, ({ name }) => FAST.has(name));
  test('the program is built', () => {
    expect(existsSync(PROGRAM), `${PROGRAM}: run npm run build first`).toBe(true);
  });
  describe('a world answers as the recorded kernel', () => {
    test.for(mine.map(({ name }) => name))('%s', { timeout: LIMIT_MS }, async (name, context) => {
      const lacking = host.lacking(mine.find((scenario) => scenario.name === name)?.needs ?? []);
      if (lacking.length > 0) context.skip(`the host cannot mount ${lacking.join()} from a file`);
      const report = await runConformance({
        ...limits,
        folder: FOLDER,
        ...expected,
        target: lsmfsTarget,
        only: [name],
        bare: false,
      });
      expect(report.results.map((result) => result.scenario)).toEqual([name]);
      expect(complaints(report)).toEqual([]);
    });
  });
}
