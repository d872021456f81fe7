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

export interface WhyConstraint {
  /** Source text. */
  readonly constraint: string;
  readonly terms: readonly WhyTerm[];
}

export type WhyReason =
  | ({ readonly kind: 'allow-rule' } & WhyRule)
  | { readonly kind: 'no-allow-rule'; readonly inactive: readonly WhyRule[] }
  | ({ readonly kind: 'constraint' } & WhyConstraint)
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

/** Where the context of something new comes from. */
export interface NewContextReport {
  readonly query: 'create' | 'member' | 'relabel';
  readonly source: string;
  readonly target: string;
  readonly class: string;
  readonly name?: string;
  /** Absent: the class asks for what two ranges share, and these share nothing. */
  readonly context?: string;
  /** May it exist? If not it is EACCES when enforcing. */
  readonly valid: boolean;
  readonly fields: readonly NewContextField[];
}

export interface NewContextField {
  readonly field: 'user' | 'role' | 'type' | 'range';
  readonly value: string;
  /** A kind of rule, or whose it is when there is none. */
  readonly from: string;
  /** Source text. */
  readonly rule?: string;
  readonly condition?: WhyCondition;
}

/** Whether a label may be replaced by another. */
export interface RelabelReport {
  readonly query: 'validatetrans';
  readonly old: string;
  readonly new: string;
  readonly class: string;
  readonly task: string;
  readonly allowed: boolean;
  /** How many rules the class has, and those that forbid it. */
  readonly rules: number;
  readonly constraints: readonly WhyConstraint[];
}
