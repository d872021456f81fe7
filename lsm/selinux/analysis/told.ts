/** Rules and what they grant, in words: plain data for programs, lines in the policy's language for people. */
import type { RuleCondition } from '../decide/explain.ts';

import { braced, typeName } from '../why/names.ts';
import { describeCondition } from '../why/reasons.ts';
import type { WhyCondition } from '../why/report.ts';
import { commandsText, permissionNames, ruleText } from '../why/rule-text.ts';
import { formatCondition } from '../why/text.ts';
import type { Grant } from './access.ts';
import type { AnalysedPolicy, PolicyRule } from './policy.ts';

/** A condition; in force: its expression has the value that puts the rule in force. */
export interface ToldCondition extends WhyCondition {
  readonly inForce: boolean;
}

export interface ToldGrant {
  readonly source: string;
  readonly target: string;
  readonly class: string;
  readonly permissions: readonly string[];
  /** `ioctl { 0x5401 }`, of a rule that narrows a permission to commands. */
  readonly commands?: string;
  readonly condition?: ToldCondition;
}

export interface ToldRule {
  /** Source text. */
  readonly rule: string;
  readonly condition?: ToldCondition;
}

export class Teller {
  readonly #policy: AnalysedPolicy;
  readonly #conditions = new Map<string, ToldCondition>();
  #ranks: Uint32Array | undefined;

  constructor(policy: AnalysedPolicy) {
    this.#policy = policy;
  }

  type(value: number): string {
    return typeName(this.#policy.db, value);
  }

  rule(rule: PolicyRule): ToldRule {
    return { rule: this.#ruleText(rule), ...this.#condition(rule.condition) };
  }

  /** By source, target and class. */
  grants(grants: readonly Grant[]): ToldGrant[] {
    const rank = this.#typeRanks();
    const at = (value: number): number => rank[value] ?? 0;
    const { classes } = this.#policy.db;
    return grants
      .toSorted(
        (a, b) =>
          at(a.source) - at(b.source) ||
          at(a.target) - at(b.target) ||
          a.class - b.class ||
          narrowing(a) - narrowing(b),
      )
      .map(({ source, target, class: value, permissions, commands, condition }) => {
        const datum = classes.byValue(value);
        const extended = commands?.table.extended(commands.rule);
        return {
          source: this.type(source),
          target: this.type(target),
          class: datum?.name ?? '?',
          permissions: datum === undefined ? [] : permissionNames(datum, permissions),
          ...(extended && { commands: commandsText(extended) }),
          ...this.#condition(condition),
        };
      });
  }

  #condition(condition: RuleCondition | undefined): { readonly condition?: ToldCondition } {
    if (condition === undefined) return {};
    const name = `${condition.block} ${condition.when}`;
    const known = this.#conditions.get(name);
    if (known !== undefined) return { condition: known };
    const described = describeCondition(this.#policy.state, condition);
    if (described === undefined) return {};
    const told = { ...described, inForce: described.value === described.when };
    this.#conditions.set(name, told);
    return { condition: told };
  }

  /** Place of each type among all by name. */
  #typeRanks(): Uint32Array {
    if (this.#ranks !== undefined) return this.#ranks;
    const { types } = this.#policy.db;
    this.#ranks = new Uint32Array(types.maximum + 1);
    const ordered = types.inValueOrder().toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (const [rank, { value }] of ordered.entries()) this.#ranks[value] = rank;
    return this.#ranks;
  }

  #ruleText(rule: PolicyRule): string {
    const { db } = this.#policy;
    const datum = db.classes.byValue(rule.class);
    return datum === undefined ? '?' : ruleText(db, datum, rule);
  }
}

/** Commands come after the permission that they narrow. */
function narrowing({ commands }: Grant): number {
  return Number(commands !== undefined);
}

/** `allow httpd_t shadow_t:file read;`, and what must be so. */
export function grantLine({ source, target, class: name, permissions, commands, condition }: ToldGrant): string {
  const [word, what] = commands === undefined ? ['allow', braced(permissions)] : ['allowxperm', commands];
  return withCondition(`${word} ${source} ${target}:${name} ${what};`, condition);
}

export function ruleLine({ rule, condition }: ToldRule): string {
  return withCondition(rule, condition);
}

function withCondition(text: string, condition: ToldCondition | undefined): string {
  return `${text}${condition === undefined ? '' : `  # ${formatCondition(condition)}`}\n`;
}
