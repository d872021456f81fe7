/**
 * Random operations on selinuxfs and attr files, in one booted kernel and in one world of lsmfs, compared step by step.
 *
 *   npx tsx test/differential/main.ts [--runs=N] [--seed=S] [--attempts=N] [--json]
 *
 *   --runs=N     sequences of up to twelve steps (default 100); thousands for a nightly run
 *   --seed=S     repeat an earlier run; without it a new seed is made up
 *   --attempts=N boots that making a mismatch small may take (default 60)
 *   --json       the report as JSON
 *
 * Exit status 1 when kernel and world disagree; the smallest scenario found is printed as a scenario file. 2: it could not run.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { WITHOUT_POLICY, WITHOUT_STANDBY } from '../support/without-policy.ts';
import { type DifferentialReport, runDifferential } from './differential.ts';

Object.assign(process.env, WITHOUT_POLICY, WITHOUT_STANDBY);

const LARGEST_SEED = 2 ** 31 - 1;

function count(name: string, text: string): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value > LARGEST_SEED)
    throw new Error(`--${name}=${text}: not a number up to ${LARGEST_SEED}`);
  return value;
}

function textReport(report: DifferentialReport): string {
  const { seed, kernel, sequences, operations, mismatch, problem } = report;
  const what = `${operations} operations in ${sequences} sequences, kernel ${kernel}, seed ${seed}`;
  const lines: string[] = [];
  if (mismatch !== undefined) {
    lines.push(...mismatch.first, '', 'smallest scenario found:', mismatch.scenario, ...mismatch.differences, '');
  }
  if (problem !== undefined) lines.push(problem, '');
  if (mismatch !== undefined) lines.push(`DISAGREE: ${mismatch.differingOutcomes} outcomes differ (${what})`);
  else lines.push(problem === undefined ? `agree: ${what}` : `FAILED: ${what}`);
  return lines.join('\n');
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '100' },
      seed: { type: 'string', default: String(randomInt(LARGEST_SEED)) },
      attempts: { type: 'string', default: '60' },
      json: { type: 'boolean', default: false },
    },
  });
  const report = await runDifferential({
    runs: count('runs', values.runs),
    seed: count('seed', values.seed),
    attempts: count('attempts', values.attempts),
    onProgress: (text) => console.error(text),
  });
  console.log(values.json ? JSON.stringify(report, null, 2) : textReport(report));
  return report.mismatch === undefined && report.problem === undefined ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
