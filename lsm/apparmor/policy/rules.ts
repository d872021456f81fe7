/** The rules of a profile: everything the binary stream says except its name. */
import type { PolicyDb } from './policy-db.ts';

export interface CapabilityRules {
  readonly allow: bigint;
  readonly audit: bigint;
  readonly quiet: bigint;
  readonly extended: bigint;
}

export interface Secmark {
  readonly audit: boolean;
  readonly deny: boolean;
  readonly label: string;
}

export interface ProfileRules {
  readonly isHat: boolean;
  readonly auditAll: boolean;
  readonly pathFlags: number;
  readonly rename?: string;
  readonly attach?: string;
  readonly disconnected?: string;
  readonly xmatch?: PolicyDb;
  readonly xmatchLength: number;
  /** Names of extended attributes that attachment depends on. */
  readonly xattrs: readonly string[];
  readonly capabilities: CapabilityRules;
  /** Hard limits by resource number (order of features/rlimit/mask). */
  readonly rlimits: ReadonlyMap<number, bigint>;
  readonly secmark: readonly Secmark[];
  readonly policy?: PolicyDb;
  readonly file?: PolicyDb;
  readonly data: ReadonlyMap<string, Uint8Array>;
}

const NO_CAPABILITIES: CapabilityRules = { allow: 0n, audit: 0n, quiet: 0n, extended: 0n };

/** Rules of profiles that came from no stream. */
export const EMPTY_RULES: ProfileRules = {
  isHat: false,
  auditAll: false,
  pathFlags: 0,
  xmatchLength: 0,
  xattrs: [],
  capabilities: NO_CAPABILITIES,
  rlimits: new Map(),
  secmark: [],
  data: new Map(),
};
