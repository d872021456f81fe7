/** Where a scenario is run besides a real kernel: in a world of lsmfs, or on the bare host for comparison. */
import { mkdirSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { isClean, runInBox } from '../box.ts';
import { reachedEnd } from './kernel/run.ts';
import type { Scenario } from './scenario.ts';
import { BUILD_OF } from './selection.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
export const PROBE = path.join(import.meta.dirname, 'probe');
/** Debian's own interpreter, the one that the goldens were recorded with. */
const PYTHON = '/usr/bin/python3';
/** The probe mounts a tmpfs here; goldens show that labels do not depend on what is around it. */
const SCRATCH = '/run/oracle-scratch';

export interface Target {
  readonly name: string;
  /** The command that runs the probe's command line. */
  wrap(scenario: Scenario, probe: readonly string[]): string[];
}

export const lsmfsTarget: Target = {
  name: 'lsmfs',
  wrap(scenario, probe) {
    return [
      process.execPath,
      path.join(ROOT, 'dist/lsmfs.js'),
      'run',
      ...(scenario.lsm === null ? [] : [`--lsm=${scenario.lsm}`]),
      '--profile=mainline',
      `--build=${BUILD_OF[scenario.kernel]}`,
      '--policy=none',
      ...(scenario.bootParameters.includes('enforcing=1') ? ['--enforcing'] : []),
      '--',
      ...probe,
    ];
  },
};

/** In a mount namespace of its own, so that the probe's scratch mount does not reach the host. */
export const bareTarget: Target = {
  name: 'bare host',
  wrap: (_scenario, probe) => ['unshare', '--mount', '--propagation=private', '--', ...probe],
};

export interface TargetOptions {
  readonly timeoutMs: number;
  readonly stepSeconds: number;
}

export interface TargetRun {
  readonly outcomes: string;
  /** What is wrong with the run itself (not with its answers). */
  readonly problem: string | undefined;
}

/** The first step without an outcome: where the probe was when it stopped. */
function placeOfStop(scenario: Scenario, outcomes: string): string {
  const begun = new Set([...outcomes.matchAll(/^\{"k": "([^".:!]+)/gm)].map((match) => match[1]));
  const next = scenario.steps.find((step) => !begun.has(step.key));
  return next === undefined ? 'after the last step' : `at step ${next.key} (${next.op})`;
}

/** Made and removed here: a probe in its own mount namespace cannot remove it under its mount. */
async function withScratchFolder<Result>(work: () => Promise<Result>): Promise<Result> {
  mkdirSync(SCRATCH, { recursive: true });
  try {
    return await work();
  } finally {
    rmdirSync(SCRATCH);
  }
}

export function runOnTarget(target: Target, scenario: Scenario, options: TargetOptions): Promise<TargetRun> {
  const probe = [PYTHON, '-I', '-B', PROBE, scenario.file, '--step-timeout', String(options.stepSeconds)];
  return withScratchFolder(async () => {
    const box = await runInBox(target.wrap(scenario, probe), {
      timeoutMs: options.timeoutMs,
      cwd: ROOT,
      env: { ORACLE_SCRATCH: SCRATCH },
    });
    const problems: string[] = [];
    if (box.timedOut) {
      const place = placeOfStop(scenario, box.stdout);
      problems.push(`no end within ${options.timeoutMs} ms, stopped ${place}\n${box.evidence}`);
    } else if (!reachedEnd(box.stdout)) {
      const how = box.signal === null ? `exit status ${box.status}` : `signal ${box.signal}`;
      problems.push(`the probe ended early ${placeOfStop(scenario, box.stdout)}: ${how}\n${box.stderr.slice(-2000)}`);
    }
    const { leftovers } = box;
    if (!isClean(leftovers)) {
      const left = [...leftovers.processes, ...leftovers.mounts, ...leftovers.descriptors];
      problems.push(`left behind:\n${left.map((line) => `  ${line}`).join('\n')}`);
    }
    return { outcomes: box.stdout, problem: problems.length === 0 ? undefined : problems.join('\n') };
  });
}
