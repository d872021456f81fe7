/** The rules of a policy that give no access vector: types, roles and ranges of what is made, extended permissions, constraints. */
import {
  AVTAB_CHANGE,
  AVTAB_MEMBER,
  AVTAB_TRANSITION,
  AVTAB_XPERMS_ALLOWED,
  AVTAB_XPERMS_AUDITALLOW,
  AVTAB_XPERMS_DONTAUDIT,
} from '../policy/avtab.ts';
import {
  ATTRIBUTE_H1H2,
  ATTRIBUTE_H1L2,
  ATTRIBUTE_L1H1,
  ATTRIBUTE_L1H2,
  ATTRIBUTE_L1L2,
  ATTRIBUTE_L2H2,
} from '../policy/constraint.ts';
import type { ClassDatum, Constraint } from '../policy/datums.ts';
import { filenameKeyParts } from '../policy/filename-transitions.ts';
import { type PolicyDb, ruleKeyValues } from '../policy/policydb.ts';
import { constraintText } from '../why/expression-text.ts';
import { braced, typeName } from '../why/names.ts';
import { commandsOf, intervalsOf, permissionNames, RULE_WORDS } from '../why/rule-text.ts';
import type { Conditions } from './conditions.ts';
import type { AnalysedPolicy, PolicyRule } from './policy.ts';
import { type Section, type Statement, saying } from './statements.ts';
import { rangeText } from './symbol-statements.ts';

export function ruleSections(conditions: Conditions): readonly Section[] {
  const ofCommands = (kind: number): Section => ({
    name: RULE_WORDS.get(kind) ?? '',
    shown: 'commands',
    of: (policy) => commandRules(policy, kind, conditions),
    shortened: (commands) => intervalsOf(commands.map(Number).sort((a, b) => a - b)),
  });
  const sections: readonly Section[] = [
    {
      name: 'type_transition',
      shown: 'type',
      of: (policy) => [...typeRules(policy, AVTAB_TRANSITION, conditions), ...filenameTransitions(policy.db)],
    },
    { name: 'type_change', shown: 'type', of: (policy) => typeRules(policy, AVTAB_CHANGE, conditions) },
    { name: 'type_member', shown: 'type', of: (policy) => typeRules(policy, AVTAB_MEMBER, conditions) },
    ofCommands(AVTAB_XPERMS_ALLOWED),
    ofCommands(AVTAB_XPERMS_AUDITALLOW),
    ofCommands(AVTAB_XPERMS_DONTAUDIT),
    { name: 'role_allow', of: ({ db }) => roleAllows(db) },
    { name: 'role_transition', shown: 'role', of: ({ db }) => saying('role', roleTransitions(db)) },
    { name: 'range_transition', shown: 'range', of: ({ db }) => saying('range', rangeTransitions(db)) },
    { name: 'constraints', of: ({ db }) => db.classes.inValueOrder().flatMap((datum) => constraints(db, datum)) },
  ];
  return sections.map((section) => ({ ...section, end: ';' }));
}

function condition(conditions: Conditions, db: PolicyDb, rule: PolicyRule): Pick<Statement, 'condition'> {
  return rule.condition === undefined ? {} : { condition: conditions.text(db, rule.condition) };
}

/** A rule for each pair of types. */
function* expanded(policy: AnalysedPolicy, rule: PolicyRule): IterableIterator<string> {
  const { db } = policy;
  const name = db.classes.nameOf(rule.class) ?? String(rule.class);
  for (const source of policy.members(rule.sourceType))
    for (const target of policy.members(rule.targetType))
      yield `${typeName(db, source)} ${typeName(db, target)}:${name}`;
}

function* typeRules(policy: AnalysedPolicy, kind: number, conditions: Conditions): IterableIterator<Statement> {
  const { db } = policy;
  for (const rule of policy.rules(kind)) {
    const type = [typeName(db, rule.table.data(rule.rule))];
    const where = condition(conditions, db, rule);
    for (const ends of expanded(policy, rule))
      yield { name: `${RULE_WORDS.get(kind)} ${ends}`, parts: { type }, ...where };
  }
}

function* filenameTransitions({ filenameTransitions: rules, types, classes }: PolicyDb): IterableIterator<Statement> {
  for (const [key, transitions] of rules) {
    const { targetType, targetClass, name } = filenameKeyParts(key);
    const object = `${types.nameOf(targetType)}:${classes.nameOf(targetClass)} "${name}"`;
    for (const { sources, newType } of transitions)
      for (const bit of sources)
        yield {
          name: `type_transition ${types.nameOf(bit + 1)} ${object}`,
          parts: { type: [types.nameOf(newType) ?? '?'] },
        };
  }
}

/** A policy has a rule for each driver: one statement has the commands of all. */
function commandRules(policy: AnalysedPolicy, kind: number, conditions: Conditions): Iterable<Statement> {
  const { db } = policy;
  const statements = new Map<string, Statement & { readonly parts: { readonly commands: string[] } }>();
  for (const rule of policy.rules(kind)) {
    const extended = rule.table.extended(rule.rule);
    if (extended === undefined) continue;
    const where = condition(conditions, db, rule);
    const { operation, commands } = commandsOf(extended);
    for (const ends of expanded(policy, rule)) {
      const name = `${RULE_WORDS.get(kind)} ${ends} ${operation}`;
      const key = `${name} ${where.condition}`;
      const known = statements.get(key);
      if (known === undefined) statements.set(key, { name, parts: { commands: commands.map(String) }, ...where });
      else known.parts.commands.push(...commands.map(String));
    }
  }
  return statements.values();
}

function roleAllows({ roleAllows: allows, roles }: PolicyDb): Statement[] {
  return allows.map(({ role, newRole }) => ({
    name: `allow ${roles.nameOf(role)} ${roles.nameOf(newRole)}`,
    parts: {},
  }));
}

function* roleTransitions({
  roleTransitions: transitions,
  roles,
  types,
  classes,
}: PolicyDb): IterableIterator<[string, string]> {
  for (const [key, newRole] of transitions) {
    const [role, type, of] = ruleKeyValues(key);
    const name = `role_transition ${roles.nameOf(role)} ${types.nameOf(type)}:${classes.nameOf(of)}`;
    yield [name, roles.nameOf(newRole) ?? '?'];
  }
}

function* rangeTransitions(db: PolicyDb): IterableIterator<[string, string]> {
  const { types, classes } = db;
  for (const [key, range] of db.rangeTransitions) {
    const [source, target, of] = ruleKeyValues(key);
    yield [
      `range_transition ${types.nameOf(source)} ${types.nameOf(target)}:${classes.nameOf(of)}`,
      rangeText(db, range),
    ];
  }
}

const LEVELS = ATTRIBUTE_L1L2 | ATTRIBUTE_L1H2 | ATTRIBUTE_H1L2 | ATTRIBUTE_H1H2 | ATTRIBUTE_L1H1 | ATTRIBUTE_L2H2;

/** A constraint has no name: one with another expression is another. */
function constraints(db: PolicyDb, datum: ClassDatum): Statement[] {
  const text = (word: string, { expression }: Constraint, what: string): Statement => {
    const mls = expression.some(({ attribute }) => (attribute & LEVELS) !== 0) ? 'mls' : '';
    return { name: `${mls}${word} ${datum.name}${what} (${constraintText(db, expression)})`, parts: {} };
  };
  return [
    ...datum.constraints.map((one) =>
      text('constrain', one, ` ${braced(permissionNames(datum, one.permissions).sort())}`),
    ),
    ...datum.validateTransitions.map((one) => text('validatetrans', one, '')),
  ];
}
