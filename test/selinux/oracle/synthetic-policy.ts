/**
 * Policies that use everything a kernel policy can say, as CIL source: a fixed frame (classes, types, levels, object
 * contexts) with random rules, constraints and conditions in it. Few types, so that rules meet. One seed, one policy.
 */
import type { Random } from '../random.ts';
import { constraints, VALIDATED_CLASSES } from './synthetic-constraints.ts';
import { objectContexts } from './synthetic-contexts.ts';

const TYPES = numbered('t', 16);
const ATTRIBUTES = numbered('a', 5);
const ROLES = numbered('r', 4);
const BOOLEANS = numbered('b', 5);
const SENSITIVITIES = numbered('s', 4);
/** Three 64-bit units of a bitmap. */
const CATEGORIES = numbered('c', 140);
const FILE_CLASSES = ['file', 'dir', 'fifo_file'];

const COMMONS: Readonly<Record<string, string>> = {
  file_common: 'ioctl read write create getattr setattr relabelfrom relabelto append map',
  socket_common: 'ioctl read write create getattr bind connect',
};

/** Class: common, own permissions. `agent` and `agent_socket` belong to no kernel; `wide` uses every bit of a vector. */
const CLASSES: Readonly<Record<string, readonly [common: string | undefined, own: string]>> = {
  security: [
    undefined,
    'compute_av compute_create compute_member compute_relabel compute_user check_context load_policy setenforce setbool',
  ],
  process: [undefined, 'fork transition dyntransition sigchld setcurrent'],
  file: ['file_common', 'execute entrypoint'],
  dir: ['file_common', 'add_name remove_name search'],
  fifo_file: ['file_common', ''],
  fd: [undefined, 'use'],
  tcp_socket: ['socket_common', 'name_connect'],
  netlink_route_socket: ['socket_common', 'nlmsg nlmsg_read nlmsg_write'],
  agent: [undefined, 'ask tell'],
  agent_socket: ['socket_common', ''],
  wide: [undefined, numbered('p', 32).join(' ')],
};

const CAPABILITIES =
  'network_peer_controls open_perms extended_socket_class always_check_network cgroup_seclabel nnp_nosuid_transition genfs_seclabel_symlinks ioctl_skip_cloexec userspace_initial_context netlink_xperm';

function numbered(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${i}`);
}

/** Where extended rules may stand: nowhere before version 30, in conditions since 34. */
export type ExtendedRules = 'nowhere' | 'outside conditions' | 'everywhere';

export function syntheticPolicy(random: Random, extended: ExtendedRules): string {
  return [
    '(mls true)',
    ...classes(),
    ...levels(),
    ...types(random),
    ...rolesAndUsers(random),
    ...defaults(random),
    ...COMMON_RULES,
    ...rules(random, 120),
    ...typeRules(random, 60, new Set()),
    ...(extended === 'nowhere' ? [] : extendedRules(random, 40)),
    ...conditionals(random, extended === 'everywhere'),
    ...otherTransitions(random),
    ...constraints(random, {
      types: TYPES.slice(0, 6),
      attributes: ATTRIBUTES,
      roles: ROLES,
      users: ['sys_u', 'mid_u', 'low_u'],
    }),
    ...objectContexts(random, TYPES),
    ...CAPABILITIES.split(' ').map((name) => `(policycap ${name})`),
    '',
  ].join('\n');
}

function classes(): string[] {
  return [
    ...Object.entries(COMMONS).map(([name, permissions]) => `(common ${name} (${permissions}))`),
    ...Object.entries(CLASSES).flatMap(([name, [common, own]]) => [
      `(class ${name} (${own}))`,
      ...(common === undefined ? [] : [`(classcommon ${name} ${common})`]),
    ]),
    `(classorder (${[...Object.keys(CLASSES), ...VALIDATED_CLASSES].join(' ')}))`,
  ];
}

/** s0 has all categories, the others fewer and fewer. */
function levels(): string[] {
  return [
    ...SENSITIVITIES.map((name) => `(sensitivity ${name})`),
    `(sensitivityorder (${SENSITIVITIES.join(' ')}))`,
    '(sensitivityalias public)(sensitivityaliasactual public s0)',
    '(sensitivityalias secret)(sensitivityaliasactual secret s3)',
    ...CATEGORIES.map((name) => `(category ${name})`),
    `(categoryorder (${CATEGORIES.join(' ')}))`,
    '(categoryalias finance)(categoryaliasactual finance c5)',
    ...SENSITIVITIES.map((name, i) => `(sensitivitycategory ${name} (range c${i * 3} c${139 - i * 5}))`),
  ];
}

function types(random: Random): string[] {
  return [
    '(type kernel_t)(typepermissive kernel_t)(roletype r0 kernel_t)',
    '(type init_t)(typepermissive init_t)(roletype r0 init_t)',
    ...TYPES.map((name) => `(type ${name})`),
    ...ATTRIBUTES.map((name) => `(typeattribute ${name})`),
    '(typeattribute every)(typeattributeset every (all))(expandtypeattribute every false)',
    '(typeattribute flat)(expandtypeattribute flat true)',
    ...[...ATTRIBUTES, 'flat'].map((name) => {
      const members = TYPES.filter(() => random.below(3) === 0);
      return `(typeattributeset ${name} (${['t0', ...members].join(' ')}))`;
    }),
    ...ATTRIBUTES.map((name) => `(expandtypeattribute ${name} false)`),
    '(typealias old_t)(typealiasactual old_t t3)',
    '(typebounds t0 t1)(typebounds t1 t2)(typebounds t4 t5)(typepermissive t7)(typepermissive t1)',
  ];
}

function rolesAndUsers(random: Random): string[] {
  const roles = ROLES.flatMap((role, i) => [
    `(role ${role})`,
    ...TYPES.filter((_, t) => i === 0 || t < 2 || random.below(2) === 0).map((type) => `(roletype ${role} ${type})`),
  ]);
  return [
    '(role object_r)(roletype object_r every)',
    ...roles,
    '(role r_inner)(roletype r_inner t0)(rolebounds r0 r_inner)',
    '(roleattribute staff)(roleattributeset staff (r1 r2))(roletype staff t9)',
    '(roleallow r0 r1)(roleallow r1 r2)(roleallow staff r3)(roleallow r3 r3)',
    '(user sys_u)(user mid_u)(user low_u)(user inner_u)(userbounds sys_u inner_u)',
    ...ROLES.map((role) => `(userrole sys_u ${role})`),
    '(userrole sys_u object_r)(userrole mid_u object_r)(userrole low_u object_r)(userrole mid_u r1)(userrole mid_u r2)(userrole low_u r3)(userrole inner_u r1)',
    '(userlevel sys_u (s0))(userrange sys_u ((s0) (s3 (range c9 c124))))',
    '(userlevel mid_u (s1 (c10)))(userrange mid_u ((s0) (s2 (range c10 c70))))',
    '(userlevel low_u (s0))(userrange low_u ((s0) (s0 (range c0 c20))))',
    '(userlevel inner_u (s0 (c5)))(userrange inner_u ((s0 (c5)) (s1 (c5 c10))))',
  ];
}

/** Every class of files has its own combination; sockets and processes have some too. */
function defaults(random: Random): string[] {
  const ranges = [
    'source low',
    'source high',
    'source low-high',
    'target low',
    'target high',
    'target low-high',
    'glblub',
  ];
  const names = ['process', 'file', 'dir', 'fifo_file', 'tcp_socket', 'agent', 'agent_socket', 'wide'];
  return names.flatMap((name, i) => {
    const statements = [
      `(defaultuser ${name} ${random.pick(['source', 'target'])})`,
      `(defaultrole ${name} ${random.pick(['source', 'target'])})`,
      `(defaulttype ${name} ${random.pick(['source', 'target'])})`,
    ].filter(() => random.below(2) === 0);
    return [...statements, ...(ranges[i] === undefined ? [] : [`(defaultrange ${name} ${ranges[i]})`])];
  });
}

function anyType(random: Random): string {
  return random.pick([...TYPES, ...ATTRIBUTES, ...ATTRIBUTES, 'flat', 'every', 'self']);
}

function permissionsOf(name: string): string[] {
  const [common, own] = CLASSES[name] ?? [undefined, ''];
  return `${COMMONS[common ?? ''] ?? ''} ${own}`.split(' ').filter((permission) => permission !== '');
}

/** What the questions would rarely come to otherwise: ioctls and role changes that more than the access vector decides about. */
const COMMON_RULES = [
  '(allow every init_t (fd (use)))',
  '(allow a0 every (process (transition dyntransition)))',
  ...[...FILE_CLASSES, 'tcp_socket', 'netlink_route_socket'].map((name) => `(allow every every (${name} (ioctl)))`),
];

function rules(random: Random, count: number): string[] {
  return Array.from({ length: count }, () => {
    const name = random.pick([...Object.keys(CLASSES), 'file', 'process', 'process']);
    const permissions = permissionsOf(name).filter(() => random.below(2) === 0);
    const kind = random.pick(['allow', 'allow', 'allow', 'auditallow', 'dontaudit']);
    const source = random.pick([...TYPES, ...ATTRIBUTES, ...ATTRIBUTES, 'every', 'flat']);
    return permissions.length === 0
      ? ''
      : `(${kind} ${source} ${anyType(random)} (${name} (${permissions.join(' ')})))`;
  });
}

/** `taken`: keys that have a rule already; a policy may not contradict itself. */
function typeRules(random: Random, count: number, taken: Set<string>): string[] {
  return Array.from({ length: count }, () => {
    const kind = random.pick(['typetransition', 'typemember', 'typechange']);
    const key = `${kind} ${random.pick(TYPES)} ${random.pick(TYPES)} ${random.pick(Object.keys(CLASSES))}`;
    if (taken.has(key)) return '';
    taken.add(key);
    return `(${key} ${random.pick(TYPES)})`;
  });
}

function extendedRules(random: Random, count: number): string[] {
  const number = (value: number) => `0x${value.toString(16)}`;
  return Array.from({ length: count }, () => {
    const kind = random.pick(['allowx', 'allowx', 'allowx', 'auditallowx', 'dontauditx']);
    const netlink = random.below(4) === 0;
    const driver = netlink ? 0 : random.pick([0x12, 0x54, 0x89]) << 8;
    const first = driver + random.below(200);
    const set = random.pick([
      `(${number(first)})`,
      `(range ${number(first)} ${number(first + random.below(56))})`,
      `(range ${number(driver)} ${number(driver + 0xff)})`,
      `(range ${number(driver)} ${number(driver + 0x2ff)})`,
      `(not (range ${number(driver)} ${number(driver + 0x0f)}))`,
    ]);
    const chosen = netlink ? `(range ${number(first)} ${number(first + random.below(56))})` : set;
    const what = netlink ? `nlmsg netlink_route_socket` : `ioctl ${random.pick([...FILE_CLASSES, 'tcp_socket'])}`;
    return `(${kind} ${random.pick([...TYPES, ...ATTRIBUTES])} ${random.pick([...TYPES, ...ATTRIBUTES])} (${what} ${chosen}))`;
  });
}

function conditionals(random: Random, extended: boolean): string[] {
  const expression = (depth: number): string => {
    if (depth === 0 || random.below(4) === 0) return random.pick(BOOLEANS);
    const operator = random.pick(['and', 'or', 'xor', 'eq', 'neq', 'not']);
    return operator === 'not'
      ? `(not ${expression(depth - 1)})`
      : `(${operator} ${expression(depth - 1)} ${expression(depth - 1)})`;
  };
  // Type rules of different conditions, and unconditional ones, never share a key here: sources are one type each.
  const blocks = ['and', 'or', 'xor', 'eq', 'neq', 'not', 'and', 'or'].map((operator, i) => {
    const condition = operator === 'not' ? `(not ${expression(2)})` : `(${operator} ${expression(2)} ${expression(2)})`;
    const body = () => [
      ...rules(random, 3),
      ...(extended ? extendedRules(random, 2) : []),
      `(typetransition cond_t ${TYPES[i] ?? 't0'} file ${random.pick(TYPES)})`,
      `(typemember cond_t ${TYPES[i] ?? 't0'} dir ${random.pick(TYPES)})`,
      `(typechange cond_t ${TYPES[i] ?? 't0'} dir ${random.pick(TYPES)})`,
    ];
    return `(booleanif ${condition}\n (true ${body().join('\n  ')})\n (false ${body().join('\n  ')}))`;
  });
  return [
    '(type cond_t)(roletype r0 cond_t)',
    ...BOOLEANS.map((name, i) => `(boolean ${name} ${i % 2 === 0})`),
    ...blocks,
  ];
}

function otherTransitions(random: Random): string[] {
  const names = ['passwd', '.ssh', 'a b', 'x:y', 'résumé'];
  const lines = new Map<string, string>();
  for (let i = 0; i < 40; i++) {
    const source = random.pick([...TYPES, 'a1', 'a2']);
    const key = `${source} ${random.pick(TYPES)} ${random.pick(['file', 'dir', 'tcp_socket'])} "${random.pick(names)}"`;
    // An attribute and its types would contradict each other.
    const others = source.startsWith('a') ? [...TYPES, 'a1', 'a2'] : ['a1', 'a2'];
    if (others.some((other) => lines.has(key.replace(source, other)))) continue;
    lines.set(key, `(typetransition ${key} ${random.pick(TYPES)})`);
  }
  const roles = new Map<string, string>();
  const ranges = new Map<string, string>();
  for (let i = 0; i < 12; i++) {
    const key = `${random.pick(ROLES)} ${random.pick(TYPES)} ${random.pick(['process', 'file', 'tcp_socket'])}`;
    roles.set(key, `(roletransition ${key} ${random.pick(ROLES)})`);
    const pair = `${random.pick(TYPES)} ${random.pick(TYPES)} ${random.pick(['process', 'file', 'agent'])}`;
    const range = random.pick([
      '((s0) (s0))',
      '((s0 (c6)) (s2 (c6 c10 (range c60 c70))))',
      '((s1 (c10)) (s3 (c10 c11)))',
    ]);
    ranges.set(pair, `(rangetransition ${pair} ${range})`);
  }
  return [...lines.values(), ...roles.values(), ...ranges.values()];
}
