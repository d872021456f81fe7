/** Random constraints for synthetic policies: every operand and operator of the four kinds of statements, in random expressions. */
import type { Random } from '../random.ts';

export interface ConstraintNames {
  readonly types: readonly string[];
  readonly attributes: readonly string[];
  readonly roles: readonly string[];
  readonly users: readonly string[];
}

const LEVELS = ['l1 l2', 'l1 h2', 'h1 l2', 'h1 h2', 'l1 h1', 'l2 h2'];
const LEVEL_OPERATORS = ['eq', 'neq', 'dom', 'domby', 'incomp'];

const ROLE_OPERATORS = ['eq', 'neq', 'dom', 'domby', 'incomp'];

/** Every comparison there is, names aside; `contexts`: how many a statement has. */
function comparisons(random: Random, names: ConstraintNames, contexts: 2 | 3, mls: boolean): string[] {
  const few = (list: readonly string[]) => `(${[...new Set([random.pick(list), random.pick(list)])].join(' ')})`;
  const numbers = ['1', '2', '3'].slice(0, contexts);
  return [
    ...['eq', 'neq'].flatMap((operator) => [
      `(${operator} u1 u2)`,
      `(${operator} t1 t2)`,
      ...numbers.flatMap((number) => [
        `(${operator} u${number} ${few(names.users)})`,
        `(${operator} r${number} ${few(names.roles)})`,
        `(${operator} t${number} ${few(names.types)})`,
        `(${operator} t${number} ${random.pick(names.attributes)})`,
      ]),
    ]),
    ...ROLE_OPERATORS.map((operator) => `(${operator} r1 r2)`),
    ...(mls ? LEVEL_OPERATORS.flatMap((operator) => LEVELS.map((pair) => `(${operator} ${pair})`)) : []),
  ];
}

/** Random, with `first` somewhere in it; at most five operands on the kernel's stack. */
function expression(random: Random, first: string, leaf: () => string, depth: number): string {
  if (depth === 0) return first;
  const operator = random.pick(['and', 'or', 'or', 'not']);
  const inner = expression(random, first, leaf, depth - 1);
  return operator === 'not'
    ? `(not ${inner})`
    : `(${operator} ${inner} ${expression(random, leaf(), leaf, random.below(depth))})`;
}

/** Classes that only validatetrans statements are about. */
export const VALIDATED_CLASSES = Array.from({ length: 24 }, (_, i) => `v${i}`);

const CONSTRAINED = [
  ...['(file (read write))', '(file (ioctl))', '(dir (search add_name))', '(process (transition))', '(process (fork))'],
  ...[
    '(agent (ask))',
    '(agent (tell))',
    '(fifo_file (read))',
    '(tcp_socket (connect))',
    '(netlink_route_socket (nlmsg))',
  ],
];

/**
 * One statement for every comparison; those about classes that all rules meet would leave nothing allowed, so most are
 * about single bits.
 */
export function constraints(random: Random, names: ConstraintNames): string[] {
  const statements = (word: string, contexts: 2 | 3, mls: boolean, about: (i: number) => string) => {
    const all = comparisons(random, names, contexts, mls);
    return all.map(
      (first, i) => `(${word} ${about(i)} ${expression(random, first, () => random.pick(all), random.below(4))})`,
    );
  };
  const permissions = (i: number) => (i % 4 === 0 ? random.pick(CONSTRAINED) : `(wide (p${i % 32}))`);
  // Each class has to satisfy all of its validatetrans statements: few for file and dir, the rest for classes of their own.
  const classes = (i: number) =>
    i === 1 ? 'file' : i === 30 ? 'dir' : (VALIDATED_CLASSES[i % VALIDATED_CLASSES.length] ?? '');
  return [
    ...VALIDATED_CLASSES.map((name) => `(class ${name} (x))`),
    ...statements('constrain', 2, false, permissions),
    ...statements('mlsconstrain', 2, true, permissions),
    ...statements('validatetrans', 3, false, classes),
    ...statements('mlsvalidatetrans', 3, true, classes),
  ];
}
