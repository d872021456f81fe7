/** Where a scenario is run besides a real kernel: in a world of lsmfs, or on the bare host for comparison. */
import { chmodSync, mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { KERNEL_BUILDS } from '../../lsm/library/index.ts';
import { isClean, runInBox } from '../support/box.ts';
import { reachedEnd } from './kernel/run.ts';
import type { Scenario } from './scenario.ts';
import { BUILD_OF } from './selection.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
export const PROBE = path.join(import.meta.dirname, 'probe');
/** Debian's own interpreter, the one that the goldens were recorded with. */
const PYTHON = '/usr/bin/python3';
/** The probe mounts a tmpfs over a new folder: /run/oracle-XXXXXX/oracle-scratch (the last part occurs in scenarios). */
const SCRATCH_PARENT = '/run/oracle-';
const SCRATCH_NAME = 'oracle-scratch';
/** After so long without an audit record there will be no more; a kernel sends them by a thread, we before the call ends. */
const RECORDS_IDLE_SECONDS = '0.01';
/** The same for the records of one call in the kernel log: ours are there before the call returns. */
const CALL_SETTLE_SECONDS = '0';
/** Where records are not limited to ten in five seconds, the steps need not keep the pace of the recorded kernel. */
const ALL_ARE_PRINTED = 'sysctl.kernel.printk_ratelimit=0';

export interface Target {
  readonly name: string;
  /** The command that runs the probe's command line. */
  wrap(scenario: Scenario, probe: readonly string[]): string[];
}

/** Arguments of `lsmfs run` for the emulated kernel that corresponds to the recorded one. */
export function worldOptions(scenario: Scenario): string[] {
  const build = BUILD_OF[scenario.kernel];
  // As kernel parameters they are followed as the kernel does; the option --lsm refuses what means nothing.
  const chosen = scenario.bootParameters.some((text) => /^(?:lsm|security)=/.test(text));
  return [
    ...(chosen ? [] : [`--lsm=${scenario.lsm ?? KERNEL_BUILDS[build].defaultLsm}`]),
    '--profile=mainline',
    `--build=${build}`,
    // A kernel's default list names modules that it lacks.
    ...(scenario.lsm === null ? ['--allow-unimplemented'] : []),
    '--policy=none',
    '--file-contexts=none', // the disks of the recorded kernels were never labelled
    ...(scenario.mediate === undefined ? [] : [`--mediate=${scenario.mediate}`]),
    ...(scenario.tpm === undefined ? [] : ['--tpm=emulated', `--tpm-banks=${scenario.tpm}`]),
    ...scenario.worldOptions,
    ...scenario.bootParameters.flatMap((text) => (text === 'enforcing=1' ? ['--enforcing'] : ['--param', text])),
  ];
}

export const lsmfsTarget: Target = {
  name: 'lsmfs',
  wrap: (scenario, probe) => [
    process.execPath,
    path.join(ROOT, 'dist/lsmfs.js'),
    'run',
    ...worldOptions(scenario),
    '--',
    ...probe,
  ],
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

/**
 * One per run, for runs beside each other. Made and removed here: a probe in its own mount namespace cannot remove a folder under its
 * own mount.
 */
async function withScratchFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const parent = mkdtempSync(SCRATCH_PARENT);
  const folder = path.join(parent, SCRATCH_NAME);
  mkdirSync(folder);
  chmodSync(parent, 0o755); // some steps are made by other users
  try {
    return await work(folder);
  } finally {
    rmdirSync(folder);
    rmdirSync(parent);
  }
}

/** Who made it removes it, also under a run beside this one: scenarios with the same folder run one after the other. */
async function withNamedFolder<Result>(folder: string, work: (folder: string) => Promise<Result>): Promise<Result> {
  const made = mkdirSync(folder, { recursive: true }) !== undefined;
  try {
    return await work(folder);
  } finally {
    if (made) rmdirSync(folder);
  }
}

export function runOnTarget(target: Target, scenario: Scenario, options: TargetOptions): Promise<TargetRun> {
  const probe = [PYTHON, '-I', '-B', PROBE, scenario.file, '--step-timeout', String(options.stepSeconds)];
  const run = async (scratch: string): Promise<TargetRun> => {
    const box = await runInBox(target.wrap(scenario, probe), {
      timeoutMs: options.timeoutMs,
      cwd: ROOT,
      env: {
        ORACLE_SCRATCH: scratch,
        ORACLE_IDLE: RECORDS_IDLE_SECONDS,
        ORACLE_SETTLE: CALL_SETTLE_SECONDS,
        ...(scenario.bootParameters.includes(ALL_ARE_PRINTED) ? { ORACLE_KLOG_AT_ONCE: '1' } : {}),
      },
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
  };
  return scenario.scratch === undefined ? withScratchFolder(run) : withNamedFolder(scenario.scratch, run);
}
