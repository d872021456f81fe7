/**
 * Reads of /proc for tracking by notifications; replaced in tests.
 */
import type { Tgid, Tid } from '../../linux/ids.ts';
import { Fingerprints } from './fingerprint.ts';
import {
  childrenOf,
  isFiltered,
  parentOf,
  processIds,
  processOf,
  programOf,
  startTimeOf,
  threadsOf,
} from './proc-tree.ts';

export interface ProcessLook {
  threadsOf(pid: Tgid): readonly Tid[];
  childrenOf(pid: Tgid): readonly Tgid[];
  parentOf(pid: Tgid): Tgid | undefined;
  processOf(tid: Tid): Tgid | undefined;
  /** All process ids. */
  processIds(): readonly Tgid[];
  programOf(pid: Tgid): string | undefined;
  /** Start time: together with the id it identifies a process. `undefined` also while that cannot be told. */
  startTimeOf(pid: Tgid): string | undefined;
  fingerprintOf(pid: Tgid): string | undefined;
  /** Does it run under a seccomp filter? All processes of a supervised world do. */
  isFiltered(pid: Tgid): boolean;
}

export function lookAtProc(): ProcessLook {
  const fingerprints = new Fingerprints();
  return {
    threadsOf,
    childrenOf,
    parentOf,
    processOf,
    processIds,
    programOf: (pid) => programOf(pid),
    startTimeOf: (pid) => startTimeOf(pid),
    isFiltered,
    fingerprintOf: (pid) => fingerprints.of(pid),
  };
}
