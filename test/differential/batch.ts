/** Runs steps as one scenario in a freshly booted kernel and in a world, and compares every answer. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compareOutcomes, type Difference } from '../conformance/compare.ts';
import { runInUml } from '../conformance/kernel/uml.ts';
import { type Outcomes, parseOutcomes } from '../conformance/outcomes.ts';
import { loadScenario } from '../conformance/scenario.ts';
import { lsmfsTarget, PROBE, runOnTarget } from '../conformance/targets.ts';
import { countCalls, countOperations, type Step } from './step.ts';

const POLICIES = path.join(import.meta.dirname, '../conformance/scenarios/data');
const NAME = 'differential';
/** Generous: a machine may be busy, and a hanging step has its own limit, as in conformance runs. */
const BASE_MS = 60_000;
const MS_PER_OPERATION = 100;
const STEP_SECONDS = 120;

export interface BatchResult {
  /** Release of the kernel that answered. */
  readonly kernel: string;
  readonly differences: readonly Difference[];
  /** What the kernel answered. */
  readonly expected: Outcomes;
  /** Index of the first step with a difference. */
  readonly failing: number | undefined;
  /** The world did not come to its end, or left something behind. */
  readonly problem: string | undefined;
}

export interface BatchOptions {
  /** The kernel parameter (default `selinux`). */
  readonly lsm?: string;
  /** More of what a scenario may say beside its steps. */
  readonly envelope?: Readonly<Record<string, string>>;
  /** More files of the folder `data`, by name. */
  readonly data?: ReadonlyMap<string, Buffer | string>;
}

/** The scenario file as the conformance run reads it. */
export function scenarioText(
  steps: readonly Step[],
  about: string,
  { lsm = 'selinux', envelope = {} }: BatchOptions = {},
): string {
  const head = Object.entries({ about, lsm, kernel: 'uml', ...envelope });
  const lines = steps.map((step) => `  ${JSON.stringify(step)}`).join(',\n');
  return `{\n${head.map(([name, value]) => ` "${name}": ${JSON.stringify(value)},\n`).join('')} "steps": [\n${lines}\n ]\n}\n`;
}

/** Keys begin with the index of the step; the probe adds a mark to the key of a step that broke. */
function stepOf(key: string): number {
  const index = Number.parseInt(key, 10);
  return Number.isNaN(index) ? Number.POSITIVE_INFINITY : index;
}

export function firstFailing(differences: readonly Difference[], steps: number): number | undefined {
  if (differences.length === 0) return undefined;
  return Math.min(steps - 1, ...differences.map((found) => stepOf(found.key)));
}

export async function runBatch(steps: readonly Step[], options: BatchOptions = {}): Promise<BatchResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-differential-'));
  try {
    mkdirSync(path.join(folder, 'data'));
    for (const policy of ['mini.30', 'mini.33', 'minideny.33', 'minireject.33']) {
      cpSync(path.join(POLICIES, policy), path.join(folder, 'data', policy));
    }
    for (const [name, content] of options.data ?? []) writeFileSync(path.join(folder, 'data', name), content);
    const file = path.join(folder, `${NAME}.json`);
    writeFileSync(file, scenarioText(steps, 'random steps', options));
    const scenario = loadScenario(file);
    const timeoutMs = BASE_MS + (countOperations(steps) + countCalls(steps)) * MS_PER_OPERATION;
    // One after the other: side by side they would only wait for each other's processor.
    const kernel = await runInUml(scenario, { timeoutMs, probe: PROBE });
    const world = await runOnTarget(lsmfsTarget, scenario, { timeoutMs, stepSeconds: STEP_SECONDS });
    const expected = parseOutcomes(kernel.outcomes);
    const differences = compareOutcomes(expected, parseOutcomes(world.outcomes));
    return {
      kernel: kernel.kernel,
      differences,
      expected,
      failing: firstFailing(differences, steps.length),
      problem: world.problem,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
