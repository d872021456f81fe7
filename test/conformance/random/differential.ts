/** Runs random sessions in a kernel booted for each and in a world, and compares every answer; a mismatch is made as small as possible. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { compareOutcomes, describeDifference } from '../compare.ts';
import { runOnKernel } from '../kernel/guest.ts';
import { parseOutcomes } from '../outcomes.ts';
import { loadScenario } from '../scenario.ts';
import { lsmfsTarget, PROBE, runOnTarget } from '../targets.ts';
import { type Step, session } from './steps.ts';

const DATA = path.join(import.meta.dirname, '../scenarios/data');
const NAME = 'random';
const LIMITS = { timeoutMs: 120_000, stepSeconds: 30 };
const SHOWN = 5;

export interface Mismatch {
  readonly steps: readonly Step[];
  readonly differences: readonly string[];
}

interface Answer extends Mismatch {
  /** Index of the first step whose answers differ. */
  readonly first: number;
}

/** Asks both; undefined when they agree. */
async function ask(folder: string, steps: readonly Step[]): Promise<Answer | undefined> {
  const file = path.join(folder, `${NAME}.json`);
  writeFileSync(file, JSON.stringify({ about: 'random steps', lsm: 'selinux', kernel: 'uml', steps }));
  const scenario = loadScenario(file);
  const kernel = await runOnKernel(scenario, PROBE);
  const world = await runOnTarget(lsmfsTarget, scenario, LIMITS);
  if (world.problem !== undefined) return { steps, differences: [world.problem], first: steps.length - 1 };
  const found = compareOutcomes(parseOutcomes(kernel.outcomes), parseOutcomes(world.outcomes));
  if (found.length === 0) return undefined;
  return {
    steps,
    differences: found.slice(0, SHOWN).map((difference) => describeDifference(NAME, difference)),
    first: Math.min(...found.map((difference) => Number.parseInt(difference.key, 10))),
  };
}

/** Leaves out what came after the first difference, then pieces before it, as long as the answers still differ. */
async function minimise(
  answer: Answer,
  again: (steps: readonly Step[]) => Promise<Answer | undefined>,
): Promise<Answer> {
  let best: Answer = { ...answer, steps: answer.steps.slice(0, answer.first + 1) };
  for (let piece = best.steps.length - 1; piece >= 1; piece = Math.floor(piece / 2)) {
    for (let end = best.steps.length - 1; end > 0; end -= piece) {
      const from = Math.max(0, end - piece);
      const shorter = await again([...best.steps.slice(0, from), ...best.steps.slice(end)]);
      if (shorter !== undefined) best = { ...shorter, steps: shorter.steps.slice(0, shorter.first + 1) };
    }
  }
  return best;
}

export interface DifferentialOptions {
  readonly seed: number;
  readonly sessions: number;
  /** Most steps of one session. */
  readonly length: number;
  /** Kernels that may be booted to make a mismatch smaller. */
  readonly attempts: number;
  readonly onSession?: (steps: number) => void;
}

/** The smallest session found on which kernel and world disagree; undefined when they never did. */
export async function findMismatch(options: DifferentialOptions): Promise<Mismatch | undefined> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-random-'));
  try {
    cpSync(DATA, path.join(folder, 'data'), { recursive: true });
    for (const steps of fc.sample(session(options.length), { seed: options.seed, numRuns: options.sessions })) {
      options.onSession?.(steps.length);
      const answer = await ask(folder, steps);
      if (answer === undefined) continue;
      let attempts = 0;
      return await minimise(answer, async (shorter) => {
        attempts += 1;
        return attempts > options.attempts ? undefined : ask(folder, shorter);
      });
    }
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
