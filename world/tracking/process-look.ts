/**
 * What tracking by notifications asks about processes; /proc answers, or a test.
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
  /** All that there are. */
  processIds(): readonly Tgid[];
  programOf(pid: Tgid): string | undefined;
  /** Names one process for ever together with its id. */
  startTimeOf(pid: Tgid): string | undefined;
  fingerprintOf(pid: Tgid): string | undefined;
  /** Does it run under a seccomp filter? All of a world do. */
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
    programOf,
    startTimeOf,
    isFiltered,
    fingerprintOf: (pid) => fingerprints.of(pid),
  };
}
