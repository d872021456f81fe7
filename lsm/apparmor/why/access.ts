/**
 * What the rules of one profile say about an object, whatever its class. Each class has its own way to the state of the
 * automaton that decides; from there on all are alike. Model: the checks of
 * security/apparmor/{file,capability,net,mount,ipc,task}.c, Linux 6.12.
 */

import type { Profile } from '../policy/namespace.ts';
import { NO_PERMISSIONS, type Permissions } from '../policy/permissions.ts';
import type { Bits } from './words.ts';

/** What the rules say about one permission. */
export interface RuleBits {
  readonly allow: boolean;
  readonly audit: boolean;
  /** Denied without a record: by an explicit rule. */
  readonly quiet: boolean;
  readonly kill: boolean;
}

export interface ExplainedAccess {
  /** Are there rules about this class of objects? Without any, everything is allowed. */
  readonly mediated: boolean;
  of(permission: string): RuleBits;
  readonly matched?: string;
  readonly ownerOnly?: (permission: string) => boolean;
  /** Of the state that decides; only for files. */
  readonly permissions?: Permissions;
  readonly note?: string;
}

/** A question about an object. */
export interface Access {
  readonly class: string;
  readonly object: string;
  /** What is asked for. */
  readonly permissions: readonly string[];
  /** What could be asked for, to tell what the rules give besides. */
  readonly all: readonly string[];
  /** Refusals leave no record. */
  readonly unlogged?: true;
  decide(profile: Profile): ExplainedAccess;
  /** The rule that would give these permissions; `undefined` when none can be named. */
  rule(permissions: readonly string[]): string | undefined;
}

export const NOT_MEDIATED: ExplainedAccess = {
  mediated: false,
  of: () => ({ allow: true, audit: false, quiet: false, kill: false }),
};

export const NOTHING: RuleBits = { allow: false, audit: false, quiet: false, kill: false };

export function decisionBy(permissions: Permissions, bits: Bits): ExplainedAccess {
  return { mediated: true, of: (permission) => ruleBits(permissions, bits[permission] ?? 0) };
}

export function ruleBits({ allow, deny, audit, quiet, kill }: Permissions, bit: number): RuleBits {
  return {
    allow: (bit & ~(allow & ~deny)) === 0,
    audit: (audit & bit) !== 0,
    quiet: ((quiet | deny) & bit) !== 0,
    kill: (kill & bit) !== 0,
  };
}

/** Permissions of the state that `walk` leads to, from where rules about this class begin; `undefined` when there are none about it. */
export function policyPermissions(
  { rules: { policy } }: Profile,
  classByte: number,
  walk: (next: (state: number, input: string) => number, start: number) => number,
): Permissions | undefined {
  if (policy === undefined || !policy.mediates(classByte)) return undefined;
  const start = policy.dfa.next(policy.start, classByte);
  const state = walk((from, input) => policy.dfa.matchText(from, input), start);
  return state === 0 ? NO_PERMISSIONS : policy.permissions(state);
}
