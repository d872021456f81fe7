/** The part of the scenario notation (test/conformance/probe) that the player knows. */
import type { DataSpec } from './values.ts';

export type Identity =
  | number
  | { readonly uid: number; readonly gid?: number; readonly keep?: readonly string[] }
  | { readonly drop: readonly string[] };

/** One call of an `fd` step: name and arguments. */
export type DescriptorCall = readonly [string, ...unknown[]];

export interface Step {
  readonly op: string;
  readonly id?: string | number;
  readonly as?: Identity;
  readonly forked?: boolean;
  readonly path?: string;
  readonly to?: string;
  readonly target?: string;
  readonly name?: string;
  readonly mode?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly data?: DataSpec;
  readonly flags?: string;
  readonly size?: number;
  readonly offset?: number;
  readonly do?: unknown;
  readonly steps?: readonly Step[];
  readonly names?: readonly string[];
  readonly rows?: readonly (readonly unknown[])[];
  readonly norm?: readonly (readonly [string, string])[];
  readonly keep?: string;
  readonly use?: string;
  readonly save?: string;
  readonly match?: string;
  readonly count?: boolean;
  readonly twice?: boolean;
  readonly readanyway?: boolean;
  readonly ino?: boolean;
  readonly nlink?: boolean;
  readonly noread?: string;
  readonly prune?: string;
  readonly depth?: number;
  readonly nodescend?: string;
  readonly sample?: Readonly<Record<string, readonly string[]>>;
  readonly take?: number;
  readonly attr?: number;
}

export interface Scenario {
  readonly lsm: string;
  readonly kernel: 'uml' | 'qemu';
  readonly cmdline?: string;
  readonly steps: readonly Step[];
}
