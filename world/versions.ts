/** What `lsmfs version` tells besides its own version. */
import { release } from 'node:os';
import { KERNEL_BUILDS, moduleNames, PROFILES } from '../lsm/library/index.ts';
import { FAMILIES } from './mediation.ts';

export interface Versions {
  readonly node: string;
  /** Of the host. */
  readonly kernel: string;
  /** As Node names it. */
  readonly machine: string;
  /** What `--lsm` takes. */
  readonly modules: readonly string[];
  /** What `--profile`, `--build` and `--mediate` take. */
  readonly profiles: readonly string[];
  readonly builds: readonly string[];
  readonly mediation: readonly string[];
}

export function versions(): Versions {
  return {
    node: process.versions.node,
    kernel: release(),
    machine: process.arch,
    modules: moduleNames({ profile: 'talk', build: KERNEL_BUILDS.full }),
    profiles: PROFILES,
    builds: Object.keys(KERNEL_BUILDS),
    mediation: FAMILIES,
  };
}
