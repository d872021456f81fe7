/**
 * Who may do something, and what somebody may do: the allow rules that a question meets, and what they grant type by type.
 *
 * A rule meets a type if it names the type or one of its attributes, and an attribute if they have a type in common, as in sesearch(1).
 * Rules alone are asked: constraints, levels, roles and bounds can take away what they grant.
 */
import type { WhyProblem } from '../../framework/inspection/why.ts';
import type { AccessQuestion } from '../../framework/policy-analysis.ts';
import type { RuleCondition } from '../decide/explain.ts';
import { AVTAB_ALLOWED, AVTAB_XPERMS_ALLOWED } from '../policy/avtab.ts';
import type { ClassDatum } from '../policy/datums.ts';
import { ruleKey, ruleKeyValues } from '../policy/policydb.ts';
import { classNamed, given, typeOrAttribute, unknownPermission } from './names.ts';
import type { AnalysedPolicy, PolicyRule } from './policy.ts';

/** What one type may do to another: permissions of a class, or commands that narrow one of them. Values of the policy. */
export interface Grant {
  readonly source: number;
  readonly target: number;
  readonly class: number;
  /** Access vector; 0 where there are commands. */
  readonly permissions: number;
  /** The `allowxperm` rule that grants commands. */
  readonly commands?: PolicyRule;
  readonly condition: RuleCondition | undefined;
}

/** Values that a question means. `undefined` = any. */
export interface Wanted {
  readonly sources: ReadonlySet<number> | undefined;
  readonly targets: ReadonlySet<number> | undefined;
  readonly class: ClassDatum | undefined;
  readonly permissions: readonly string[];
}

export function parseAccess(policy: AnalysedPolicy, question: AccessQuestion): Wanted | WhyProblem {
  const { db } = policy;
  const [source, target, className] = [given(question.source), given(question.target), given(question.class)];
  if ((source ?? target ?? className) === undefined) {
    return {
      code: 'bad-option',
      problem: 'The question names neither a type nor a class.',
      fix: 'Name a target, a class or --source.',
    };
  }
  const asker = source === undefined ? undefined : typeOrAttribute(db, source);
  if (asker !== undefined && 'problem' in asker) return asker;
  const object = target === undefined ? undefined : typeOrAttribute(db, target);
  if (object !== undefined && 'problem' in object) return object;
  const datum = className === undefined ? undefined : classNamed(db, className);
  if (datum !== undefined && 'problem' in datum) return datum;
  const { permissions } = question;
  const wrong = unknownPermission(db, permissions, datum);
  if (wrong !== undefined) return wrong;
  return {
    sources: asker && new Set(policy.members(asker.value)),
    targets: object && new Set(policy.members(object.value)),
    class: datum,
    permissions,
  };
}

/** Allow rules, and those of extended permissions. */
export function rulesMet(policy: AnalysedPolicy, wanted: Wanted): PolicyRule[] {
  const { sources, targets } = wanted;
  const source = sources && policy.naming(sources);
  const target = targets && policy.naming(targets);
  const vectors = wantedVectors(policy, wanted);
  const met: PolicyRule[] = [];
  for (const rule of policy.rules(AVTAB_ALLOWED | AVTAB_XPERMS_ALLOWED)) {
    const vector = vectors[rule.class] ?? 0;
    if (vector === 0) continue;
    if (source !== undefined && source[rule.sourceType] !== 1) continue;
    if (target !== undefined && target[rule.targetType] !== 1) continue;
    if ((vectorOf(policy, rule) & vector) !== 0) met.push(rule);
  }
  return met;
}

/** What rules grant of what is wanted. A condition grants only what is not granted without it. */
export function grantsOf(policy: AnalysedPolicy, rules: readonly PolicyRule[], wanted: Wanted): Grant[] {
  const vectors = wantedVectors(policy, wanted);
  const always = new Map<number, number>();
  const underConditions = new Map<string, { condition: RuleCondition; vectors: Map<number, number> }>();
  const grants: Grant[] = [];
  const among = (value: number, types: ReadonlySet<number> | undefined) =>
    types === undefined ? policy.members(value) : policy.members(value).filter((type) => types.has(type));
  for (const rule of rules) {
    const { condition } = rule;
    const sources = among(rule.sourceType, wanted.sources);
    const targets = among(rule.targetType, wanted.targets);
    if (rule.kind === AVTAB_XPERMS_ALLOWED) {
      const facts = { class: rule.class, permissions: 0, commands: rule, condition };
      for (const source of sources) for (const target of targets) grants.push({ source, target, ...facts });
      continue;
    }
    let into = always;
    if (condition !== undefined) {
      const name = `${condition.block} ${condition.when}`;
      const known = underConditions.get(name) ?? { condition, vectors: new Map<number, number>() };
      underConditions.set(name, known);
      into = known.vectors;
    }
    const vector = rule.table.data(rule.rule) & (vectors[rule.class] ?? 0);
    for (const source of sources) {
      for (const target of targets) {
        const key = ruleKey(source, target, rule.class);
        into.set(key, (into.get(key) ?? 0) | vector);
      }
    }
  }
  for (const [key, permissions] of always) grants.push(grant(key, permissions, undefined));
  for (const { condition, vectors: granted } of underConditions.values()) {
    for (const [key, permissions] of granted) {
      const more = permissions & ~(always.get(key) ?? 0);
      if (more !== 0) grants.push(grant(key, more, condition));
    }
  }
  return grants;
}

function grant(key: number, permissions: number, condition: RuleCondition | undefined): Grant {
  const [source, target, classValue] = ruleKeyValues(key);
  return { source, target, class: classValue, permissions, condition };
}

/** By class: what is asked for of it. */
function wantedVectors({ db }: AnalysedPolicy, { class: only, permissions }: Wanted): Int32Array {
  const vectors = new Int32Array(db.classes.maximum + 1);
  for (const datum of only === undefined ? db.classes.inValueOrder() : [only]) {
    vectors[datum.value] = permissions.length === 0 ? -1 : vectorNamed(datum, permissions);
  }
  return vectors;
}

function vectorNamed(datum: ClassDatum, names: readonly string[]): number {
  return names.reduce((vector, name) => {
    const value = datum.permissions.get(name);
    return value === undefined ? vector : vector | (1 << (value - 1));
  }, 0);
}

const NETLINK_MESSAGE = 3;

/** Of extended permissions: that of the permission which they narrow. */
function vectorOf({ db }: AnalysedPolicy, { table, rule, kind, class: classValue }: PolicyRule): number {
  if (kind === AVTAB_ALLOWED) return table.data(rule);
  const datum = db.classes.byValue(classValue);
  const narrowed = table.extended(rule)?.specified === NETLINK_MESSAGE ? 'nlmsg' : 'ioctl';
  return datum === undefined ? 0 : vectorNamed(datum, [narrowed]);
}
