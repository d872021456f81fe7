/** Live mode: the same scenario in a kernel booted now and in a world, compared with each other; no golden takes part. */
import path from 'node:path';
import { type Expected, judgeRun } from './conformance.ts';
import { runOnKernel } from './kernel/guest.ts';
import { parseOutcomes } from './outcomes.ts';
import type { Report, ScenarioResult } from './report.ts';
import { loadScenario } from './scenario.ts';
import { lsmfsTarget, PROBE, runOnTarget, type TargetOptions } from './targets.ts';

export interface LiveOptions extends TargetOptions, Expected {
  readonly folder: string;
  readonly scenarios: readonly string[];
  readonly onScenario?: (name: string) => void;
}

export async function runLive(options: LiveOptions): Promise<Report> {
  const results: ScenarioResult[] = [];
  for (const name of options.scenarios) {
    const scenario = loadScenario(path.join(options.folder, `${name}.json`));
    const kernel = await runOnKernel(scenario, PROBE);
    options.onScenario?.(`${name}, live against ${kernel.kernel}`);
    const run = await runOnTarget(lsmfsTarget, scenario, options);
    results.push(judgeRun(name, parseOutcomes(kernel.outcomes), run, options));
  }
  return { results, notRun: [], stale: [] };
}
