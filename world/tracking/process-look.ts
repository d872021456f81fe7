/**
 * What tracking by notifications asks about processes; /proc answers, or a test.
 */
import { Fingerprints } from './fingerprint.ts';
import {
  childrenOf,
  isFiltered,
  parentOf,
  processIds,
  programOf,
  startTimeOf,
  tgidOf,
  threadsOf,
} from './proc-tree.ts';

export interface ProcessLook {
  threadsOf(pid: number): readonly number[];
  childrenOf(pid: number): readonly number[];
  parentOf(pid: number): number | undefined;
  tgidOf(tid: number): number | undefined;
  /** All that there are. */
  processIds(): readonly number[];
  programOf(pid: number): string | undefined;
  /** Names one process for ever together with its id. */
  startTimeOf(pid: number): string | undefined;
  fingerprintOf(pid: number): string | undefined;
  /** Does it run under a seccomp filter? All of a world do. */
  isFiltered(pid: number): boolean;
}

export function lookAtProc(): ProcessLook {
  const fingerprints = new Fingerprints();
  return {
    threadsOf,
    childrenOf,
    parentOf,
    tgidOf,
    processIds,
    programOf,
    startTimeOf,
    isFiltered,
    fingerprintOf: (pid) => fingerprints.of(pid),
  };
}
