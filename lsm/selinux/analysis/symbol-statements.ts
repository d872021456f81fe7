/** What a policy declares: properties, classes, types, roles, users, booleans, levels, bounds, defaults. */
import { formatLevel, POLICY_CAPABILITIES } from '../decide/index.ts';
import type { ClassDatum, CommonDatum, MlsRange } from '../policy/datums.ts';
import { levelsEqual } from '../policy/mls.ts';
import type { PolicyDb } from '../policy/policydb.ts';
import type { Named, SymbolTable } from '../policy/symbol-table.ts';
import { typeName } from '../why/names.ts';
import type { AnalysedPolicy } from './policy.ts';
import { type Section, type Statement, saying } from './statements.ts';

export const SYMBOL_SECTIONS: readonly Section[] = [
  { name: 'properties', shown: 'value', of: ({ db }) => saying('value', properties(db)) },
  { name: 'capabilities', of: ({ db }) => Array.from(db.capabilities, (id) => bare(capabilityName(id))) },
  {
    name: 'commons',
    of: ({ db }) => db.commons.inValueOrder().map((common) => permitting(common, permissionsIn(common))),
  },
  {
    name: 'classes',
    of: ({ db }) => db.classes.inValueOrder().map((datum) => permitting(datum, datum.permissions.keys())),
  },
  { name: 'defaults', shown: 'value', of: ({ db }) => saying('value', db.classes.inValueOrder().flatMap(defaults)) },
  { name: 'types', of: types },
  { name: 'attributes', of: attributes },
  { name: 'bounds', shown: 'parent', of: ({ db }) => saying('parent', bounds(db)) },
  { name: 'roles', of: ({ db }) => roles(db) },
  { name: 'users', of: ({ db }) => users(db) },
  { name: 'booleans', shown: 'value', of: ({ db }) => saying('value', booleans(db)) },
  { name: 'sensitivities', of: ({ db }) => sensitivities(db) },
  { name: 'categories', of: ({ db }) => categories(db) },
];

/** `s0-s15:c0.c1023`; one level where both are the same. */
export function rangeText(db: PolicyDb, { low, high }: MlsRange): string {
  const from = formatLevel(db, low);
  return levelsEqual(low, high) ? from : `${from}-${formatLevel(db, high)}`;
}

/** Names of the values in a bitmap, whose bit i stands for value i+1. */
export function namesOf(table: SymbolTable<Named>, bits: Iterable<number>): string[] {
  return Array.from(bits, (bit) => table.nameOf(bit + 1) ?? String(bit + 1));
}

function bare(name: string): Statement {
  return { name, parts: {} };
}

function properties({ handleUnknown, mls, version }: PolicyDb): [string, string][] {
  return [
    ['handle_unknown', handleUnknown],
    ['mls', String(mls)],
    ['version', String(version)],
  ];
}

function capabilityName(id: number): string {
  return POLICY_CAPABILITIES[id] ?? `unknown (${id})`;
}

function permitting({ name }: Named, permissions: Iterable<string>): Statement {
  return { name, parts: { permissions: [...permissions] } };
}

function permissionsIn({ permissions }: CommonDatum): string[] {
  return permissions.inValueOrder().map(({ name }) => name);
}

const SOURCES = [undefined, 'source', 'target'] as const;
const RANGES = [
  undefined,
  'source low',
  'source high',
  'source low-high',
  'target low',
  'target high',
  'target low-high',
  'glblub',
] as const;

function defaults(datum: ClassDatum): [string, string][] {
  const all = [
    ['default_user', SOURCES[datum.defaultUser]],
    ['default_role', SOURCES[datum.defaultRole]],
    ['default_type', SOURCES[datum.defaultType]],
    ['default_range', RANGES[datum.defaultRange]],
  ] as const;
  return all.flatMap(([word, value]) => (value === undefined ? [] : [[`${word} ${datum.name}`, value]]));
}

function types({ db }: AnalysedPolicy): Statement[] {
  const aliases = aliasesOf(db.types);
  return db.types
    .inValueOrder()
    .filter(({ attribute }) => !attribute)
    .map(({ name, value }) => ({
      name,
      parts: {
        attributes: Array.from(db.typeAttributes.of(value), (of) => typeName(db, of)).filter((of) => of !== name),
        aliases: aliases.get(value) ?? [],
        flags: [
          ...(db.permissiveTypes.has(value) ? ['permissive'] : []),
          ...(db.neverauditTypes.has(value) ? ['neveraudit'] : []),
        ],
      },
    }));
}

function attributes(policy: AnalysedPolicy): Statement[] {
  const { db } = policy;
  return db.types
    .inValueOrder()
    .filter(({ attribute }) => attribute)
    .map(({ name, value }) => ({ name, parts: { types: policy.members(value).map((type) => typeName(db, type)) } }));
}

function bounds({ types: table, roles: roleTable, users: userTable }: PolicyDb): [string, string][] {
  const of = (word: string, names: SymbolTable<Named & { readonly bounds: number }>): [string, string][] =>
    names
      .inValueOrder()
      .filter((datum) => datum.bounds !== 0)
      .map((datum) => [`${word} ${datum.name}`, names.nameOf(datum.bounds) ?? String(datum.bounds)]);
  return [...of('typebounds', table), ...of('rolebounds', roleTable), ...of('userbounds', userTable)];
}

function roles({ roles: table, types: names }: PolicyDb): Statement[] {
  return table.inValueOrder().map(({ name, types: bits, dominates }) => ({
    name,
    parts: { types: namesOf(names, bits), dominates: namesOf(table, dominates).filter((other) => other !== name) },
  }));
}

function users(db: PolicyDb): Statement[] {
  return db.users.inValueOrder().map(({ name, roles: bits, range, defaultLevel }) => ({
    name,
    parts: {
      roles: namesOf(db.roles, bits),
      ...(db.mls && { level: [formatLevel(db, defaultLevel)], range: [rangeText(db, range)] }),
    },
  }));
}

function booleans({ booleans: table }: PolicyDb): [string, string][] {
  return table.inValueOrder().map(({ name, state }) => [name, state === 1 ? 'on' : 'off']);
}

function sensitivities({ levels, categories: names }: PolicyDb): Statement[] {
  const aliases = aliasesOf(levels);
  return levels.inValueOrder().map(({ name, value, level }) => ({
    name,
    parts: { categories: namesOf(names, level.categories), aliases: aliases.get(value) ?? [] },
  }));
}

function categories({ categories: table }: PolicyDb): Statement[] {
  const aliases = aliasesOf(table);
  return table.inValueOrder().map(({ name, value }) => ({ name, parts: { aliases: aliases.get(value) ?? [] } }));
}

/** Other names, by value. */
function aliasesOf(table: SymbolTable<Named>): Map<number, string[]> {
  const aliases = new Map<number, string[]>();
  for (const { name, value } of table.all()) {
    if (table.nameOf(value) === name) continue;
    const of = aliases.get(value);
    if (of === undefined) aliases.set(value, [name]);
    else of.push(name);
  }
  return aliases;
}
