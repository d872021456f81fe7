/** Whole runs: steps and what they need, by seed and number of chapters. */
import type { BatchOptions } from './batch.ts';
import { apparmorChapters } from './mediation-apparmor.ts';
import { compilePolicy, mediationPolicy } from './mediation-policy.ts';
import { compileProfiles, randomProfiles } from './mediation-profiles.ts';
import { chapterFolder, MEDIATION_BEGIN } from './mediation-scenes.ts';
import { mediationChapters } from './mediation-selinux.ts';
import type { Step } from './step.ts';

export interface MediationRun {
  readonly steps: readonly Step[];
  readonly options: BatchOptions;
}

/** Policies in a run, which chapters take in turn. */
const POLICIES = 8;
/** It is in records, in hexadecimal, too. */
const SCRATCH = '/run/oracle-scratch';
/** All records are printed, however many. */
const ENVELOPE = {
  cmdline: 'audit_backlog_limit=8192 log_buf_len=4M sysctl.kernel.printk_ratelimit=0',
  optional: 'klog',
  mediate: 'all',
  scratch: SCRATCH,
} as const;

/** @param of what a file holds, by its number. */
const files = (name: string, count: number, of: (number: number) => Buffer): Map<string, Buffer> =>
  new Map(Array.from({ length: count }, (_, number) => [`${name}${number}`, of(number)]));

/** @param chapters of about a hundred calls. */
export function selinuxRun(seed: number, chapters: number): MediationRun {
  const data = files('policy', POLICIES, (number) => compilePolicy(mediationPolicy(seed * POLICIES + number)));
  const steps = [...MEDIATION_BEGIN, ...mediationChapters(seed, chapters, [...data.keys()])];
  return { steps, options: { lsm: 'selinux', envelope: ENVELOPE, data } };
}

/** The same with a set of profiles for each chapter, since they are about its files. */
export function apparmorRun(seed: number, chapters: number): MediationRun {
  const profiles = (number: number) =>
    compileProfiles(randomProfiles(seed * 1000 + number, chapterFolder(number).replace('@S', SCRATCH)));
  const data = files('profiles', chapters, profiles);
  const steps = [...MEDIATION_BEGIN, ...apparmorChapters(seed, [...data.keys()])];
  return { steps, options: { lsm: 'apparmor', envelope: ENVELOPE, data } };
}
