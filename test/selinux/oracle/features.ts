/** What a policy uses of all that the format can say, by name. */
import {
  AVTAB_ALLOWED,
  AVTAB_AUDITALLOW,
  AVTAB_AUDITDENY,
  AVTAB_CHANGE,
  AVTAB_MEMBER,
  AVTAB_TRANSITION,
  AVTAB_XPERMS_ALLOWED,
  AVTAB_XPERMS_AUDITALLOW,
  AVTAB_XPERMS_DONTAUDIT,
  type AvTable,
} from '../../../lsm/selinux/policy/avtab.ts';
import type { Constraint, PolicyDb } from '../../../lsm/selinux/policy/index.ts';
import { levelsEqual } from '../../../lsm/selinux/policy/mls.ts';

const RULES: Readonly<Record<number, string>> = {
  [AVTAB_ALLOWED]: 'allow',
  [AVTAB_AUDITALLOW]: 'auditallow',
  [AVTAB_AUDITDENY]: 'dontaudit',
  [AVTAB_TRANSITION]: 'type_transition',
  [AVTAB_MEMBER]: 'type_member',
  [AVTAB_CHANGE]: 'type_change',
  [AVTAB_XPERMS_ALLOWED]: 'allowxperm',
  [AVTAB_XPERMS_AUDITALLOW]: 'auditallowxperm',
  [AVTAB_XPERMS_DONTAUDIT]: 'dontauditxperm',
};
const EXTENDED: Readonly<Record<number, string>> = { 1: 'ioctl functions', 2: 'ioctl drivers', 3: 'netlink messages' };
const CONDITIONS = ['boolean', '!', '||', '&&', '^', '==', '!='];
const OPERATORS = ['eq', 'ne', 'dom', 'domby', 'incomp'];
const OPERANDS: Readonly<Record<number, string>> = {
  ...{
    1: 'u1 u2',
    2: 'r1 r2',
    4: 't1 t2',
    32: 'l1 l2',
    64: 'l1 h2',
    128: 'h1 l2',
    256: 'h1 h2',
    512: 'l1 h1',
    1024: 'l2 h2',
  },
};
const KINDS_OF_TERMS = ['not', 'and', 'or'];
const LETTERS = ['u', 'r', '', 't'];
const DEFAULTS = ['source', 'target'];
const DEFAULT_RANGES = [
  'source low',
  'source high',
  'source low-high',
  'target low',
  'target high',
  'target low-high',
  'glblub',
];
const FS_USES: Readonly<Record<number, string>> = { 1: 'xattr', 2: 'trans', 3: 'task' };

export function featuresOf(db: PolicyDb): Set<string> {
  return new Set([
    ...ruleFeatures('', db.rules),
    ...ruleFeatures('conditional ', db.conditionalRules),
    ...db.conditionals.flatMap(({ expression }) => expression.map(({ kind }) => `condition ${CONDITIONS[kind - 1]}`)),
    ...db.classes
      .inValueOrder()
      .flatMap((datum) => [
        ...constraintFeatures('constrain', datum.constraints),
        ...constraintFeatures('validatetrans', datum.validateTransitions),
        ...(datum.common === undefined ? [] : ['common']),
        ...(datum.permissionNames.length === 32 ? ['32 permissions'] : []),
        `default_user ${DEFAULTS[datum.defaultUser - 1]}`,
        `default_role ${DEFAULTS[datum.defaultRole - 1]}`,
        `default_type ${DEFAULTS[datum.defaultType - 1]}`,
        `default_range ${DEFAULT_RANGES[datum.defaultRange - 1]}`,
      ]),
    ...symbolFeatures(db),
    ...contextFeatures(db),
    `unknown ${db.handleUnknown}`,
    ...[...db.capabilities].map((id) => `capability ${id}`),
    ...(db.filenameTransitions.size > 0 ? ['filename transition'] : []),
    ...(db.roleTransitions.size > 0 ? ['role_transition'] : []),
    ...(db.roleAllows.length > 0 ? ['role allow'] : []),
    ...(db.rangeTransitions.size > 0 ? ['range_transition'] : []),
    ...(db.permissiveTypes.isEmpty ? [] : ['permissive']),
    ...(db.neverauditTypes.isEmpty ? [] : ['neveraudit']),
  ]);
}

function ruleFeatures(prefix: string, table: AvTable): string[] {
  return Array.from({ length: table.length }, (_, rule) => {
    const kind = RULES[table.kind(rule)];
    const extended = kind?.endsWith('xperm') ? table.extended(rule) : undefined;
    return extended === undefined ? `${prefix}${kind}` : `${prefix}${kind} ${EXTENDED[extended.specified]}`;
  });
}

function constraintFeatures(word: string, constraints: readonly Constraint[]): string[] {
  return constraints.flatMap(({ expression }) =>
    expression.map(({ kind, attribute, operator }) => {
      if (kind <= KINDS_OF_TERMS.length) return `${word} ${KINDS_OF_TERMS[kind - 1]}`;
      if (kind === 4) return `${word} ${OPERATORS[operator - 1]} ${OPERANDS[attribute]}`;
      const number = attribute & 8 ? 2 : attribute & 16 ? 3 : 1;
      return `${word} ${OPERATORS[operator - 1]} ${LETTERS[(attribute & 7) - 1]}${number} names`;
    }),
  );
}

function symbolFeatures(db: PolicyDb): string[] {
  const attributes = [...db.types.all()].filter((type) => type.attribute);
  const aliases = (table: {
    all(): IterableIterator<{ value: number; name: string }>;
    nameOf(value: number): string | undefined;
  }) => [...table.all()].some(({ value, name }) => table.nameOf(value) !== name);
  const limited = db.levels.inValueOrder().some(({ level }) => [...level.categories].length < db.categories.size);
  return [
    ...(attributes.length > 0 ? ['attribute'] : []),
    ...(aliases(db.types) ? ['type alias'] : []),
    ...(aliases(db.levels) ? ['sensitivity alias'] : []),
    ...(aliases(db.categories) ? ['category alias'] : []),
    ...(db.levels.size > 1 ? ['sensitivities'] : []),
    ...(limited ? ['categories of a sensitivity'] : []),
    ...(db.booleans.size > 0 ? ['boolean'] : []),
    ...(db.types.inValueOrder().some(({ bounds }) => bounds !== 0) ? ['type bounds'] : []),
    ...(db.roles.inValueOrder().some(({ bounds }) => bounds !== 0) ? ['role bounds'] : []),
    ...(db.users.inValueOrder().some(({ bounds }) => bounds !== 0) ? ['user bounds'] : []),
    ...(db.roles.inValueOrder().some(({ dominates }) => [...dominates].length > 1) ? ['role dominance'] : []),
    ...(db.users.inValueOrder().some(({ range, defaultLevel }) => !levelsEqual(range.low, defaultLevel))
      ? ['user level']
      : []),
  ];
}

function contextFeatures({ objectContexts: contexts, genfs }: PolicyDb): string[] {
  const lists: Readonly<Record<string, { readonly length: number }>> = {
    'initial SIDs': [...contexts.initialSids],
    portcon: contexts.ports,
    netifcon: contexts.netifs,
    'nodecon IPv4': contexts.ipv4Nodes,
    'nodecon IPv6': contexts.ipv6Nodes,
    ibpkeycon: contexts.infinibandKeys,
    ibendportcon: contexts.infinibandPorts,
    genfscon: [...genfs],
    'genfscon of a class': [...genfs.values()].flat().filter((entry) => entry.class !== 0),
  };
  return [
    ...Object.keys(lists).filter((name) => (lists[name]?.length ?? 0) > 0),
    ...contexts.fsUses.map(({ behaviour }) => `fs_use ${FS_USES[behaviour]}`),
    ...contexts.ports.map(({ protocol }) => `portcon ${protocol}`),
  ];
}

function cross(words: readonly string[], ends: readonly string[]): string[] {
  return words.flatMap((word) => ends.map((end) => `${word} ${end}`));
}

const LEVEL_PAIRS = ['l1 l2', 'l1 h2', 'h1 l2', 'h1 h2', 'l1 h1', 'l2 h2'];
const EQUALITY = ['eq', 'ne'];
const COMPARISONS = [
  ...cross(OPERATORS, ['r1 r2', ...LEVEL_PAIRS]),
  ...cross(EQUALITY, ['u1 u2', 't1 t2']),
  ...cross(
    EQUALITY,
    ['u1', 'u2', 'r1', 'r2', 't1', 't2'].map((operand) => `${operand} names`),
  ),
  ...KINDS_OF_TERMS,
];

/** Everything that a policy for a kernel can use, version 34. */
export const ALL_FEATURES: readonly string[] = [
  ...['allow', 'auditallow', 'dontaudit', 'type_transition', 'type_member', 'type_change'].flatMap((rule) => [
    rule,
    `conditional ${rule}`,
  ]),
  ...cross(['allowxperm', 'auditallowxperm', 'dontauditxperm'], Object.values(EXTENDED)),
  ...cross(
    ['conditional allowxperm', 'conditional auditallowxperm', 'conditional dontauditxperm'],
    ['ioctl functions'],
  ),
  ...CONDITIONS.map((operator) => `condition ${operator}`),
  ...cross(['constrain', 'validatetrans'], COMPARISONS),
  ...cross(['validatetrans'], cross(EQUALITY, ['u3 names', 'r3 names', 't3 names'])),
  ...cross(['default_user', 'default_role', 'default_type'], DEFAULTS),
  ...cross(['default_range'], DEFAULT_RANGES),
  ...['common', '32 permissions', 'attribute', 'type alias', 'sensitivity alias', 'category alias', 'sensitivities'],
  ...[
    'categories of a sensitivity',
    'boolean',
    'type bounds',
    'role bounds',
    'user bounds',
    'role dominance',
    'user level',
  ],
  ...[
    'initial SIDs',
    'portcon',
    'netifcon',
    'nodecon IPv4',
    'nodecon IPv6',
    'ibpkeycon',
    'ibendportcon',
    'genfscon',
    'genfscon of a class',
  ],
  ...['fs_use xattr', 'fs_use trans', 'fs_use task', 'portcon 6', 'portcon 17', 'portcon 33', 'portcon 132'],
  ...['filename transition', 'role_transition', 'role allow', 'range_transition', 'permissive'],
  ...['unknown allow', 'unknown deny', 'unknown reject'],
  ...Array.from({ length: 10 }, (_, id) => `capability ${id}`),
];
