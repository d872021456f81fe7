/**
 * Access letters, rules and the decision: security/smack/smack_access.c, Linux 6.12.
 */
import { SPECIAL } from '../policy/label.ts';

/** MAY_* of include/linux/fs.h and security/smack/smack.h. */
export const MAY = { EXEC: 1, WRITE: 2, READ: 4, APPEND: 8, TRANSMUTE: 0x1000, LOCK: 0x2000, BRINGUP: 0x4000 } as const;

/** In the order in which rules are shown. */
const LETTERS: readonly (readonly [letter: string, bit: number])[] = [
  ['r', MAY.READ],
  ['w', MAY.WRITE],
  ['x', MAY.EXEC],
  ['a', MAY.APPEND],
  ['t', MAY.TRANSMUTE],
  ['l', MAY.LOCK],
  ['b', MAY.BRINGUP],
];
const BIT_OF: ReadonlyMap<string, number> = new Map(LETTERS);

/** Letters of either case; dashes do not count, and anything else ends the text. */
export function parseAccess(text: string): number {
  let access = 0;
  for (const letter of text.toLowerCase()) {
    const bit = letter === '-' ? 0 : BIT_OF.get(letter);
    if (bit === undefined) break;
    access |= bit;
  }
  return access;
}

export function formatAccess(access: number): string {
  return LETTERS.filter(([, bit]) => (access & bit) !== 0)
    .map(([letter]) => letter)
    .join('');
}

/** A change of a rule: what is added to it, then what is taken from it. To set it, everything else is taken. */
export interface RuleChange {
  readonly subject: string;
  readonly object: string;
  readonly add: number;
  readonly remove: number;
}

/** Rules with one subject, by object. A rule without any access stays, for a later change, and is not shown. */
export class RuleList {
  readonly #byObject = new Map<string, number>();

  change({ object, add, remove }: Pick<RuleChange, 'object' | 'add' | 'remove'>): void {
    this.#byObject.set(object, ((this.#byObject.get(object) ?? 0) | add) & ~remove);
  }

  /** What the rule for this object gives; `undefined` = there is none. */
  find(object: string): number | undefined {
    return this.#byObject.get(object);
  }

  clear(): void {
    this.#byObject.clear();
  }

  /** @returns a function that brings these rules back. */
  remember(): () => void {
    const noted = [...this.#byObject];
    return () => {
      this.#byObject.clear();
      for (const [object, access] of noted) this.#byObject.set(object, access);
    };
  }

  revoke(): void {
    for (const object of this.#byObject.keys()) this.#byObject.set(object, 0);
  }

  /** Newest first. */
  entries(): (readonly [object: string, access: number])[] {
    return [...this.#byObject].reverse();
  }
}

/** Why a request was granted that no ordinary rule covers. Such a grant is always logged. */
export type Exception = 'bringup' | 'unconfined subject' | 'unconfined object';

export interface Decision {
  readonly allowed: boolean;
  readonly exception?: Exception;
  /** What decided, for people. */
  readonly reason:
    | 'star subject'
    | 'web'
    | 'star object'
    | 'same label'
    | 'unmapped'
    | 'floor object'
    | 'hat subject'
    | 'rule'
    | 'no rule';
}

/** What a decision looks at. */
export interface Rules {
  /** The access of the rule for this pair; `undefined` = there is none. */
  rule(subject: string, object: string): number | undefined;
  /** Has the kernel the bring-up mode (CONFIG_SECURITY_SMACK_BRINGUP)? */
  readonly bringup: boolean;
  /** The label whose denials are granted all the same; only in the bring-up mode. */
  readonly unconfined: string | undefined;
}

/** Permission to write implies that to lock. */
export function withImplied(access: number): number {
  return (access & MAY.WRITE) === 0 ? access : access | MAY.LOCK;
}

/** Names of labels in a namespace; `undefined` = it has none for this label. */
export type NameOf = (label: string) => string | undefined;

/**
 * smk_access(): rules that are built in, then those that were loaded.
 * @param nameOf what the subject's namespace calls labels: by these names go the rules that are built in.
 */
export function decide(rules: Rules, subject: string, object: string, request: number, nameOf?: NameOf): Decision {
  const names = nameOf === undefined ? { subject, object } : { subject: nameOf(subject), object: nameOf(object) };
  if (names.subject === undefined || names.object === undefined) return { allowed: false, reason: 'unmapped' };
  const decision =
    byNames(names.subject, names.object, subject === object, request) ?? byRules(rules, subject, object, request);
  if (decision.allowed || !rules.bringup || rules.unconfined === undefined) return decision;
  if (subject === rules.unconfined) return { ...decision, allowed: true, exception: 'unconfined subject' };
  if (object === rules.unconfined) return { ...decision, allowed: true, exception: 'unconfined object' };
  return decision;
}

/** Rules that are built in. */
function byNames(subject: string, object: string, isSame: boolean, request: number): Decision | undefined {
  if (subject === SPECIAL.star) return { allowed: false, reason: 'star subject' };
  if (object === SPECIAL.web || subject === SPECIAL.web) return { allowed: true, reason: 'web' };
  if (object === SPECIAL.star) return { allowed: true, reason: 'star object' };
  if (isSame) return { allowed: true, reason: 'same label' };
  if ((request & ~(MAY.READ | MAY.EXEC)) === 0 || (request & ~MAY.LOCK) === 0) {
    if (object === SPECIAL.floor) return { allowed: true, reason: 'floor object' };
    if (subject === SPECIAL.hat) return { allowed: true, reason: 'hat subject' };
  }
  return undefined;
}

function byRules(rules: Rules, subject: string, object: string, request: number): Decision {
  const access = rules.rule(subject, object);
  if (access === undefined) return { allowed: false, reason: 'no rule' };
  // Neither does a rule without any access grant a request for none.
  if (access === 0 || (request & ~withImplied(access)) !== 0) return { allowed: false, reason: 'rule' };
  const bringup = rules.bringup && (access & MAY.BRINGUP) !== 0;
  return { allowed: true, reason: 'rule', ...(bringup && { exception: 'bringup' }) };
}
