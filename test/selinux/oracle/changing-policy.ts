/**
 * Small policies that differ in what they define - types, roles, users, levels, categories, booleans, classes, MLS at
 * all - so that a load takes away and brings back what is in use. CIL source.
 */
import type { Random } from '../random.ts';

export const NAMES = {
  users: ['u0', 'u1', 'base_u'],
  roles: ['r0', 'r1', 'base_r'],
  types: ['t0', 't1', 't2', 't3', 't4', 'base_t'],
  booleans: ['b0', 'b1', 'b2', 'b3'],
  categories: Array.from({ length: 8 }, (_, i) => `c${i}`),
} as const;

export interface ChangingPolicy {
  readonly cil: string;
  readonly mls: boolean;
  readonly unknown: 'allow' | 'deny' | 'reject';
  readonly booleans: readonly string[];
}

export function changingPolicy(random: Random): ChangingPolicy {
  // Whatever begins with `base` is in all of them.
  const some = (names: readonly string[]) => names.filter((name) => name.startsWith('base') || random.below(4) > 0);
  const shuffled = <T>(items: readonly T[]) =>
    items.map((item) => ({ item, at: random.below(1000) })).sort((a, b) => a.at - b.at);
  const [users, roles, types, booleans] = [
    some(NAMES.users),
    some(NAMES.roles),
    some(NAMES.types),
    some(NAMES.booleans),
  ];
  const categories = shuffled(['c0', ...some(NAMES.categories.slice(1))]).map(({ item }) => item);
  const high = random.below(3) === 0 ? ['s0'] : ['s0', 's1'];
  const classes = shuffled(['security', 'process', 'file', 'dir', 'filesystem', ...some(['fd', 'agent'])]).map(
    ({ item }) => item,
  );
  const permissions: Readonly<Record<string, string>> = {
    process: 'transition dyntransition fork',
    fd: 'use',
    filesystem: 'associate',
  };
  const label = '(base_u object_r base_t ((s0) (s0)))';
  const sids = ['kernel', 'security', 'unlabeled'];
  return {
    mls: random.below(4) > 0,
    unknown: random.pick(['allow', 'allow', 'deny', 'deny', 'reject']),
    booleans,
    cil: [
      ...classes.map((name) => `(class ${name} (${permissions[name] ?? 'read write'}))`),
      `(classorder (${classes.join(' ')}))`,
      ...high.map((name) => `(sensitivity ${name})`),
      `(sensitivityorder (${high.join(' ')}))`,
      ...categories.map((name) => `(category ${name})`),
      `(categoryorder (${categories.join(' ')}))`,
      ...high.map((name) => `(sensitivitycategory ${name} (${categories.join(' ')}))`),
      ...shuffled(types).map(({ item }) => `(type ${item})(roletype object_r ${item})`),
      ...shuffled(roles).map(({ item }) => `(role ${item})(roletype ${item} base_t)`),
      ...roles.flatMap((role) => types.filter(() => random.below(3) > 0).map((type) => `(roletype ${role} ${type})`)),
      '(role object_r)',
      ...shuffled(users).map(({ item }) => userLines(random, item, roles, high.at(-1) ?? 's0', categories)),
      ...booleans.map((name) => `(boolean ${name} ${random.below(2) === 0})`),
      ...booleans.map((name) => `(booleanif ${name} (true (allow base_t ${random.pick(types)} (file (read)))))`),
      '(typepermissive base_t)',
      // Files may have any label, also when enforcing.
      ...types.map((type) => `(allow ${type} base_t (filesystem (associate)))`),
      ...sids.map((name) => `(sid ${name})`),
      `(sidorder (${sids.join(' ')}))`,
      ...sids.map((name) => `(sidcontext ${name} ${name === 'kernel' ? label.replace('object_r', 'base_r') : label})`),
      `(fsuse trans tmpfs ${label})(genfscon selinuxfs "/" ${label})`,
      '',
    ].join('\n'),
  };
}

function userLines(
  random: Random,
  user: string,
  roles: readonly string[],
  high: string,
  categories: readonly string[],
): string {
  const own = roles.filter((role) => role === 'base_r' || random.below(3) > 0);
  const clearance = random.below(2) === 0 ? `(${high} (${categories.join(' ')}))` : `(s0 (${categories.join(' ')}))`;
  return [
    `(user ${user})(userrole ${user} object_r)`,
    ...own.map((role) => `(userrole ${user} ${role})`),
    `(userlevel ${user} (s0))(userrange ${user} ((s0) ${clearance}))`,
  ].join('');
}

/** Names that some policy has, and a range or none. */
export function changingContext(random: Random): string {
  const level = () => {
    const categories = NAMES.categories.filter(() => random.below(4) === 0);
    return `s${random.below(2)}${categories.length > 0 ? `:${categories.join(',')}` : ''}`;
  };
  const range = random.pick(['', ':s0', `:${level()}`, `:s0-${level()}`]);
  const user = random.pick([...NAMES.users, 'base_u', 'base_u']);
  const role = random.pick([...NAMES.roles, 'object_r', 'base_r']);
  return `${user}:${role}:${random.pick([...NAMES.types, 'base_t', 'base_t'])}${range}`;
}
