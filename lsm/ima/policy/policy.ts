/**
 * The rules in force: those of boot until the first load, then all that were loaded. Nothing is ever removed.
 */
import { type ActionFamily, familyOf, type MatchedUse, matchPolicy, type RuleMatch } from './match.ts';
import type { ImaRule } from './rule.ts';

export class Policy {
  #rules: readonly ImaRule[];
  #isBuiltin = true;
  /** Families that some rule asks for, its `dont_` form not counted. */
  #families: ReadonlySet<ActionFamily>;
  /** Somebody writes the file `policy`: rules may be in force as soon as that is closed, which its reader hears of later. */
  isWritten = false;

  constructor(builtin: readonly ImaRule[]) {
    this.#rules = builtin;
    this.#families = familiesOf(builtin);
  }

  get rules(): readonly ImaRule[] {
    return this.#rules;
  }

  /** Are these the rules of boot? */
  get isBuiltin(): boolean {
    return this.#isBuiltin;
  }

  /** Does any rule ask for this? */
  asksFor(family: ActionFamily): boolean {
    return this.#families.has(family);
  }

  get isIdle(): boolean {
    return this.#families.size === 0;
  }

  get asksForLabels(): boolean {
    return this.#rules.some(({ labels }) => labels !== undefined);
  }

  /** Is there an appraise rule about the policy itself: then only signed files can be loaded. */
  get mustBeSigned(): boolean {
    return this.#rules.some(({ action, func }) => action === 'appraise' && func === 'POLICY_CHECK');
  }

  /**
   * Hash algorithms that values of security.ima may have, by number: the first rule of SETXATTR_CHECK counts.
   * `undefined` = there is none.
   */
  get setxattrAlgorithms(): ReadonlySet<number> | undefined {
    return this.#rules.find(({ func, algorithms }) => func === 'SETXATTR_CHECK' && algorithms !== undefined)
      ?.algorithms;
  }

  load(rules: readonly ImaRule[]): void {
    this.#rules = this.#isBuiltin ? rules : [...this.#rules, ...rules];
    this.#isBuiltin = false;
    this.#families = familiesOf(this.#rules);
  }

  match(access: MatchedUse, asked?: readonly ActionFamily[]): RuleMatch {
    return matchPolicy(this.#rules, access, asked);
  }
}

function familiesOf(rules: readonly ImaRule[]): ReadonlySet<ActionFamily> {
  const asking = rules.filter(({ action, func }) => !action.startsWith('dont_') && func !== 'SETXATTR_CHECK');
  return new Set(asking.map(({ action }) => familyOf(action)));
}
