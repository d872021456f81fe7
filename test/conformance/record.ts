/**
 * `npm run oracle:record`: boots the kernels and records the goldens again.
 *
 *   --verify      write nothing; fail when a kernel answers otherwise than its golden
 *   --only=GLOB   only these scenarios (may be given several times)
 *   --kernel=uml  only scenarios for this kernel
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { compareOutcomes, describeDifference } from './compare.ts';
import { runOnKernel } from './kernel/guest.ts';
import { KernelError } from './kernel/run.ts';
import {
  GoldenError,
  parseOutcomes,
  readGolden,
  readKernelVersions,
  writeGolden,
  writeKernelVersions,
} from './outcomes.ts';
import { loadScenario, type Scenario, scenarioFiles } from './scenario.ts';
import { globMatcher } from './selection.ts';
import { PROBE } from './targets.ts';

const FOLDER = path.join(import.meta.dirname, 'scenarios');
const KERNELS = path.join(import.meta.dirname, 'golden-kernels.json');
const SHOWN = 5;

/** True when the kernel answers exactly as the stored golden says. */
async function verify(scenario: Scenario): Promise<boolean> {
  const stored = readGolden(FOLDER, scenario.name);
  const run = await runOnKernel(scenario, PROBE);
  const recorded = readKernelVersions(KERNELS)[scenario.name] ?? 'an unknown kernel';
  if (run.outcomes === stored) {
    console.log(`same       ${scenario.name} (${run.kernel}, recorded on ${recorded})`);
    return true;
  }
  console.log(`DIFFERENT  ${scenario.name} (${run.kernel}, recorded on ${recorded})`);
  const differences = compareOutcomes(parseOutcomes(stored), parseOutcomes(run.outcomes));
  for (const found of differences.slice(0, SHOWN)) console.log(describeDifference(scenario.name, found));
  if (differences.length > SHOWN) console.log(`and ${differences.length - SHOWN} more`);
  return false;
}

/** How many shell lines failed because a program is not installed: such answers are of this machine, not of the kernel. */
function missingPrograms(outcomes: string): number {
  return outcomes.match(/: not found\\n"/g)?.length ?? 0;
}

function storedText(scenario: Scenario): string {
  try {
    return readGolden(FOLDER, scenario.name);
  } catch (error) {
    if (error instanceof GoldenError) return '';
    throw error;
  }
}

async function record(scenario: Scenario): Promise<boolean> {
  const run = await runOnKernel(scenario, PROBE);
  if (missingPrograms(run.outcomes) > missingPrograms(storedText(scenario))) {
    throw new KernelError(`${scenario.name}: not recorded, a program that it calls is not installed here`);
  }
  const changed = writeGolden(FOLDER, scenario.name, run.outcomes);
  writeKernelVersions(KERNELS, { ...readKernelVersions(KERNELS), [scenario.name]: run.kernel });
  console.log(`${changed ? 'recorded  ' : 'unchanged '} ${scenario.name} (${run.kernel})`);
  return true;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      verify: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      kernel: { type: 'string' },
    },
  });
  const matchers = values.only.map(globMatcher);
  const scenarios = scenarioFiles(FOLDER)
    .map(loadScenario)
    .filter(({ name }) => matchers.length === 0 || matchers.some((matches) => matches(name)))
    .filter(({ kernel }) => values.kernel === undefined || kernel === values.kernel);
  if (scenarios.length === 0) {
    console.error('no scenario matches');
    return 2;
  }
  let failed = 0;
  for (const scenario of scenarios) {
    try {
      if (!(await (values.verify ? verify : record)(scenario))) failed += 1;
    } catch (error) {
      failed += 1;
      console.error(`FAILED     ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  console.log(`${scenarios.length - failed} of ${scenarios.length} scenarios`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
