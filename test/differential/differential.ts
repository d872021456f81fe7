/** The differential run: batches of random sequences until one differs, which is then made small. */
import { describeDifference } from '../conformance/compare.ts';
import { type BatchResult, runBatch, scenarioText } from './batch.ts';
import { generateSequences } from './sequences.ts';
import { shrink } from './shrink.ts';
import { countOperations, type Step } from './step.ts';

/** Sequences that share one booted kernel and one world. */
const BATCH = 1500;
/** Steps that load the policy. */
const PREAMBLE = 2;
const SHOWN = 40;

export interface DifferentialOptions {
  readonly seed: number;
  /** Sequences all in all. */
  readonly runs: number;
  /** Boots that making a mismatch small may take. */
  readonly attempts: number;
  readonly onProgress?: (text: string) => void;
}

export interface Mismatch {
  /** Steps of the batch with a difference; most follow from the first. */
  readonly differingOutcomes: number;
  /** The first of them, as text. */
  readonly first: readonly string[];
  /** The differences of the smallest scenario. */
  readonly differences: readonly string[];
  /** A scenario file, ready for test/conformance/scenarios. */
  readonly scenario: string;
}

export interface DifferentialReport {
  readonly seed: number;
  readonly kernel: string;
  readonly sequences: number;
  readonly operations: number;
  readonly mismatch: Mismatch | undefined;
  /** A world that did not end as it should, although its answers were right. */
  readonly problem: string | undefined;
}

const describeAll = (result: BatchResult) =>
  result.differences.slice(0, SHOWN).map((difference) => describeDifference('random', difference));

async function smallestMismatch(
  history: ReturnType<typeof generateSequences>[number],
  failing: number,
  found: BatchResult,
  options: DifferentialOptions,
): Promise<Mismatch> {
  let last = found;
  let boots = 0;
  const fails = async (steps: readonly Step[]) => {
    boots += 1;
    const result = await runBatch(steps);
    options.onProgress?.(`shrinking, boot ${boots}: ${steps.length} steps, ${result.differences.length} differences`);
    if (result.failing !== undefined) last = result;
    return result.failing;
  };
  const steps = await shrink(history.slice(0, failing + 1), fails, { attempts: options.attempts, preamble: PREAMBLE });
  const about = `found by the differential generator, seed ${options.seed}`;
  return {
    differingOutcomes: found.differences.length,
    first: describeAll(found),
    differences: describeAll(last),
    scenario: scenarioText(steps, about),
  };
}

/** Each batch has a seed of its own, so that a later one can be repeated alone. */
export async function runDifferential(options: DifferentialOptions): Promise<DifferentialReport> {
  let kernel = '';
  let operations = 0;
  let sequences = 0;
  for (let seed = options.seed; sequences < options.runs; seed++) {
    const count = Math.min(BATCH, options.runs - sequences);
    const history = generateSequences(seed, count).flat();
    const steps = history.map((step) => step.value);
    options.onProgress?.(`seed ${seed}: ${count} sequences, ${countOperations(steps)} operations`);
    const result = await runBatch(steps);
    kernel = result.kernel;
    operations += countOperations(steps);
    sequences += count;
    const report = { kernel, operations, sequences, seed };
    if (result.failing !== undefined) {
      const mismatch = await smallestMismatch(history, result.failing, result, { ...options, seed });
      return { ...report, mismatch, problem: result.problem };
    }
    if (result.problem !== undefined) return { ...report, mismatch: undefined, problem: result.problem };
  }
  return { seed: options.seed, kernel, sequences, operations, mismatch: undefined, problem: undefined };
}
