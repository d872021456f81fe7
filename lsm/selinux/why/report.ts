/**
 * The answer to "why": plain data with everything in words, the same for people and for programs.
 *
 * Permissions that share their reasons share an answer.
 */

export interface WhyReport {
  readonly source: string;
  readonly target: string;
  readonly class: string;
  /** Are all permissions that were asked for allowed? */
  readonly allowed: boolean;
  /** Denials of this source type are let through. */
  readonly permissive: boolean;
  /** Nothing about this source type is logged. */
  readonly neveraudit: boolean;
  readonly answers: readonly WhyAnswer[];
}

export interface WhyAnswer {
  readonly permissions: readonly string[];
  readonly allowed: boolean;
  /** What granted it; or each thing that stands in the way. */
  readonly reasons: readonly WhyReason[];
  readonly logged: boolean;
  /** The auditallow and dontaudit rules, of extended permissions too, that decide whether it is logged. */
  readonly logging: readonly WhyRule[];
  /** Changes of which each one would allow it. */
  readonly remedies: readonly string[];
}

export interface WhyRule {
  /** Source text. */
  readonly rule: string;
  /** The type or attribute through which each context matched. */
  readonly source: string;
  readonly target: string;
  readonly condition?: WhyCondition;
}

export interface WhyCondition {
  readonly expression: string;
  /** `null`: the expression is malformed, and neither branch is in force. */
  readonly value: boolean | null;
  /** The value that puts the rule in force. */
  readonly when: boolean;
  readonly booleans: Readonly<Record<string, boolean>>;
}

/** A comparison of a constraint and what it compares. */
export interface WhyTerm {
  readonly term: string;
  readonly holds: boolean;
  readonly values: Readonly<Record<string, string>>;
}

export type WhyReason =
  | ({ readonly kind: 'allow-rule' } & WhyRule)
  | { readonly kind: 'no-allow-rule'; readonly inactive: readonly WhyRule[] }
  | { readonly kind: 'constraint'; readonly constraint: string; readonly terms: readonly WhyTerm[] }
  | { readonly kind: 'role-allow'; readonly rule: string }
  | { readonly kind: 'no-role-allow'; readonly rule: string }
  | {
      readonly kind: 'bounds';
      readonly type: string;
      readonly source: string;
      readonly target: string;
      readonly reasons: readonly WhyReason[];
    }
  | ({ readonly kind: 'command-rule' } & WhyRule)
  | {
      readonly kind: 'command';
      readonly command: string;
      readonly base: string;
      /** The rules that allow other commands. */
      readonly rules: readonly WhyRule[];
      /** Every extended rule in force: because there is one, the base permission alone is not enough. */
      readonly closedBy: readonly WhyRule[];
    }
  | { readonly kind: 'unknown'; readonly handleUnknown: 'allow' | 'deny' | 'reject'; readonly what: string }
  | { readonly kind: 'permissive-neveraudit'; readonly type: string };
