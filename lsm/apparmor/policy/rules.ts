/** The rules of a profile: everything the binary stream says except its name. */
import type { Dfa } from './dfa.ts';
import type { Permissions } from './permissions.ts';

/** A rule set: an automaton whose final states select permissions, and strings that the permissions refer to. */
export interface PolicyDb {
  readonly dfa: Dfa;
  /** By accept index. In a file rule set, the entry for the owner of the file is followed by the one for others. */
  readonly permissions: readonly Permissions[];
  /** State after the class byte, by class, 0 = class not mediated. For file rules and attachment only [0] matters: the start state. */
  readonly start: readonly number[];
  /** Names of exec transition targets. */
  readonly transitions: readonly string[];
}

export interface Capabilities {
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
  readonly capabilities: Capabilities;
  /** Hard limits by resource number (order of features/rlimit/mask). */
  readonly rlimits: ReadonlyMap<number, bigint>;
  readonly secmark: readonly Secmark[];
  readonly policy?: PolicyDb;
  readonly file?: PolicyDb;
  readonly data: ReadonlyMap<string, Uint8Array>;
}

const NO_CAPABILITIES: Capabilities = { allow: 0n, audit: 0n, quiet: 0n, extended: 0n };

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
