/** Scenarios in worlds of a user without privileges, judged by the list of known differences and the rules of differences.json. */
import { compareOutcomes, type Difference } from '../compare.ts';
import { fieldsNotKnown, type KnownDifference } from '../known-differences.ts';
import { parseOutcomes, readGolden } from '../outcomes.ts';
import { loadScenario, type Scenario, scenarioFiles } from '../scenario.ts';
import { areaOf, globMatcher, missingModules } from '../selection.ts';
import { runOnTarget, type Target, type TargetOptions } from '../targets.ts';
import { type Apart, explanation, isApart, type Rule } from './rules.ts';

export interface RootlessOptions extends TargetOptions {
  readonly folder: string;
  readonly known: readonly KnownDifference[];
  readonly rules: readonly Rule[];
  readonly apart: readonly Apart[];
  /** Only scenarios whose name matches one of these patterns. */
  readonly only: readonly string[];
  readonly onScenario?: (name: string) => void;
}

export interface RootlessResult {
  readonly scenario: string;
  readonly area: string;
  readonly target: string;
  readonly steps: number;
  readonly equal: number;
  /** Different for root, too. */
  readonly known: number;
  /** Steps by the rule that explains them. */
  readonly explained: ReadonlyMap<Rule, number>;
  readonly unexpected: readonly Difference[];
  readonly problem: string | undefined;
}

export async function runRootless(target: Target, options: RootlessOptions): Promise<RootlessResult[]> {
  const matchers = options.only.map(globMatcher);
  const chosen = scenarioFiles(options.folder)
    .map(loadScenario)
    .filter(({ name }) => matchers.length === 0 || matchers.some((matches) => matches(name)))
    .filter((scenario) => missingModules(scenario).length === 0)
    .filter(({ name }) => !isApart(options.apart, target.name, name));
  const results: RootlessResult[] = [];
  for (const scenario of chosen) {
    options.onScenario?.(`${scenario.name} (${target.name})`);
    results.push(await runScenario(target, scenario, options));
  }
  return results;
}

async function runScenario(target: Target, scenario: Scenario, options: RootlessOptions): Promise<RootlessResult> {
  const golden = parseOutcomes(readGolden(options.folder, scenario.name));
  const run = await runOnTarget(target, scenario, options);
  const differences = compareOutcomes(golden, parseOutcomes(run.outcomes));
  let known = 0;
  const explained = new Map<Rule, number>();
  const unexpected: Difference[] = [];
  for (const difference of differences) {
    const fields = fieldsNotKnown(scenario.name, difference, options.known);
    const rule = explanation(options.rules, target.name, scenario.name, { ...difference, fields });
    if (fields.length === 0) known += golden.has(difference.key) ? 1 : 0;
    else if (rule === undefined) unexpected.push(difference);
    // What a kernel never answered is no step of the score.
    else explained.set(rule, (explained.get(rule) ?? 0) + (golden.has(difference.key) ? 1 : 0));
  }
  const different = differences.filter(({ key }) => golden.has(key)).length;
  return {
    scenario: scenario.name,
    area: areaOf(scenario.name),
    target: target.name,
    steps: golden.size,
    equal: golden.size - different,
    known,
    explained,
    unexpected,
    problem: run.problem,
  };
}
