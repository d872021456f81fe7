/** The conformance run: scenarios through a target, compared with their goldens, judged by the list of known differences. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { compareOutcomes } from './compare.ts';
import { HostNeeds } from './host-needs.ts';
import { entriesWithoutScenario, judge, type KnownDifference } from './known-differences.ts';
import type { KnownValues } from './known-values.ts';
import { type Outcomes, parseOutcomes, readGolden } from './outcomes.ts';
import type { NotRun, Report, ScenarioResult } from './report.ts';
import { loadScenario, type Scenario, scenarioFiles } from './scenario.ts';
import { areaOf, globMatcher, mayRunBare, missingModules } from './selection.ts';
import { bareTarget, runOnTarget, type Target, type TargetOptions, type TargetRun } from './targets.ts';

/** What may differ from the golden, and how. */
export interface Expected {
  readonly known: readonly KnownDifference[];
  /** Absent: whatever the value is. */
  readonly values?: KnownValues;
}

export interface ConformanceOptions extends TargetOptions, Expected {
  readonly folder: string;
  readonly target: Target;
  /** Only scenarios whose name matches one of these patterns. */
  readonly only: readonly string[];
  /** Also run on the host without lsmfs. */
  readonly bare: boolean;
  /** Told before each scenario. */
  readonly onScenario?: (name: string) => void;
}

/** Turns one run into a result. */
export function judgeRun(
  scenario: string,
  golden: Outcomes,
  run: TargetRun,
  { known, values }: Expected,
  bareEqual?: number,
): ScenarioResult {
  const differences = compareOutcomes(golden, parseOutcomes(run.outcomes));
  const judgement = judge(scenario, golden.keys(), differences, known, values);
  const different = differences.filter((found) => golden.has(found.key)).length;
  return {
    scenario,
    area: areaOf(scenario),
    counts: {
      steps: golden.size,
      equal: golden.size - different,
      known: judgement.known.length,
      unexpected: judgement.unexpected.length,
    },
    unexpected: judgement.unexpected,
    known: judgement.known,
    stale: judgement.stale,
    problem: run.problem,
    bareEqual,
  };
}

async function equalOnBareHost(scenario: Scenario, golden: Outcomes, options: TargetOptions): Promise<number> {
  if (!mayRunBare(scenario.name)) return 0;
  const run = await runOnTarget(bareTarget, scenario, options);
  return judgeRun(scenario.name, golden, run, { known: [] }).counts.equal;
}

/** IMA stores digests with the files that it reads, the probe's own and those of the machine among them. @param since ms since 1970 */
function removeDigests(folder: string, since: number): void {
  const changed = ['-xdev', '-type', 'f', '-newerct', `@${Math.floor(since / 1000)}`];
  const remove = ['-exec', 'setfattr', '-x', 'security.ima', '{}', ';'];
  spawnSync('find', [folder, '/etc', '/usr', ...changed, ...remove], { stdio: 'ignore' });
}

async function runScenario(scenario: Scenario, options: ConformanceOptions): Promise<ScenarioResult> {
  const golden = parseOutcomes(readGolden(options.folder, scenario.name));
  const since = Date.now();
  const run = await runOnTarget(options.target, scenario, options);
  if (scenario.bootParameters.includes('ima_appraise=fix')) removeDigests(path.dirname(options.folder), since);
  const bareEqual = options.bare ? await equalOnBareHost(scenario, golden, options) : undefined;
  return judgeRun(scenario.name, golden, run, options, bareEqual);
}

/** Every scenario file is read before the first one runs, so that a malformed one is found at once. */
export async function runConformance(options: ConformanceOptions): Promise<Report> {
  const all = scenarioFiles(options.folder).map(loadScenario);
  const matchers = options.only.map(globMatcher);
  const chosen = all.filter(({ name }) => matchers.length === 0 || matchers.some((matches) => matches(name)));
  const results: ScenarioResult[] = [];
  const notRun: NotRun[] = [];
  const host = new HostNeeds();
  for (const scenario of chosen) {
    const { name } = scenario;
    const missing = [...missingModules(scenario), ...host.lacking(scenario.needs)];
    if (missing.length > 0) {
      const steps = parseOutcomes(readGolden(options.folder, name)).size;
      notRun.push({ scenario: name, area: areaOf(name), steps, missing });
      continue;
    }
    options.onScenario?.(name);
    results.push(await runScenario(scenario, options));
  }
  const names = all.map((scenario) => scenario.name);
  return { results, notRun, stale: entriesWithoutScenario(options.known, names, options.values) };
}
