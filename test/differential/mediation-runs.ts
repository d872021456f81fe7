/** Whole runs: steps and what they need, by seed and number of chapters. */
import type { BatchOptions } from './batch.ts';
import { compilePolicy, mediationPolicy } from './mediation-policy.ts';
import { MEDIATION_BEGIN } from './mediation-scenes.ts';
import { mediationChapters } from './mediation-selinux.ts';
import type { Step } from './step.ts';

export interface MediationRun {
  readonly steps: readonly Step[];
  readonly options: BatchOptions;
}

/** Policies and sets of profiles in a run, which chapters take in turn. */
const SETS = 8;
/** It is in records, in hexadecimal, too. */
const SCRATCH = '/run/oracle-scratch';
/** All records are printed, however many. */
const ENVELOPE = {
  cmdline: 'audit_backlog_limit=8192 log_buf_len=4M sysctl.kernel.printk_ratelimit=0',
  optional: 'klog',
  mediate: 'all',
  scratch: SCRATCH,
} as const;

const sets = <T>(seed: number, name: string, of: (seed: number) => T): Map<string, T> =>
  new Map(Array.from({ length: SETS }, (_, index) => [`${name}${index}`, of(seed * SETS + index)]));

/** @param chapters of about a hundred calls. */
export function selinuxRun(seed: number, chapters: number): MediationRun {
  const data = sets(seed, 'policy', (number) => compilePolicy(mediationPolicy(number)));
  const steps = [...MEDIATION_BEGIN, ...mediationChapters(seed, chapters, [...data.keys()])];
  return { steps, options: { lsm: 'selinux', envelope: ENVELOPE, data } };
}
