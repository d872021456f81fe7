/**
 * Random operations on smackfs, labels of tasks and labels of files.
 *
 * Left out: positions after writes, which FUSE answers by itself; reading lists of a task after setresuid(2), which
 * turns them round unseen; what a kernel refuses by its mediation of ordinary files: rules of one's own about `_`,
 * which all directories have, and making files without privilege. A list in `onlycap` always has the label of the
 * probe, which would otherwise lock itself out.
 */
import fc from 'fast-check';
import type { Step } from './step.ts';

const SMACKFS = '/sys/fs/smackfs';
const CURRENT = '/proc/thread-self/attr/current';

const LABELS = [
  'A',
  'Bb',
  'C-c',
  '_',
  '*',
  '^',
  '?',
  '@',
  'x'.repeat(23),
  'y'.repeat(24),
  'z'.repeat(36),
  'w'.repeat(255),
];
const NO_LABELS = ['-x', '-', 'a/b', 'q"', 'v'.repeat(256), '\xe9', ''];

const label = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...LABELS) },
  { weight: 1, arbitrary: fc.constantFrom(...NO_LABELS) },
);
const letters = fc.oneof(
  { weight: 8, arbitrary: fc.subarray([...'rwxatlb']).map((list) => list.join('') || '-') },
  { weight: 1, arbitrary: fc.constantFrom('RWX', 'r-x-', 'rw#x', 'q', '') },
);
const space = fc.oneof(
  { weight: 8, arbitrary: fc.constant(' ') },
  { weight: 1, arbitrary: fc.constantFrom('\t', '  ', '\n', '\xa0') },
);
const ending = fc.constantFrom('', '', '\n', ' ', '\0');

const words = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(fc.tuple(...parts), space, ending).map(([list, between, end]) => list.join(between) + end);
const longRules = fc.array(words(label, label, letters), { minLength: 1, maxLength: 3 }).map((list) => list.join('\n'));
const changeRule = words(label, label, letters, letters);
const padded = (text: string, width: number): string => text.padEnd(width).slice(0, width);
const fixedRule = fc
  .tuple(label, label, letters, fc.constantFrom(4, 4, 5, 6, 3, 7))
  .map(([subject, object, access, width]) => padded(subject, 24) + padded(object, 24) + padded(access, width));
const number = fc.constantFrom(
  '0',
  '1',
  '2',
  '3',
  '5',
  '250',
  '251',
  '255',
  '256',
  '-1',
  '+7',
  '010',
  '1\n',
  ' 1',
  '1 ',
  '4294967296',
  'x',
  '',
);
const field = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 190 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('x', '-1', '256', '12345') },
);
const cipso = (width: number, exact: boolean) =>
  fc
    .tuple(label, field, fc.array(field, { maxLength: 4 }), fc.integer({ min: -1, max: 1 }))
    .map(([name, level, categories, more]) => {
      const count = exact ? categories.length : categories.length + more;
      const head = width === 0 ? `${name} ` : padded(name, width);
      return head + [level, String(count), ...categories].map((text) => text.padEnd(4)).join('');
    });
const octet = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 1, arbitrary: fc.constantFrom(-1) },
);
const prefix = (highest: number) =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant('') },
    { weight: 5, arbitrary: fc.integer({ min: 0, max: highest + 1 }).map((bits) => `/${bits}`) },
  );
const hostLabel = fc.oneof(
  { weight: 6, arbitrary: label },
  { weight: 1, arbitrary: fc.constantFrom('-CIPSO', '-DELETE') },
);
const host4 = fc
  .tuple(fc.array(octet, { minLength: 4, maxLength: 4 }), prefix(32), space, hostLabel, ending)
  .map(([octets, bits, between, name, end]) => `${octets.join('.')}${bits}${between}${name}${end}`);
const group = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16)) },
  { weight: 1, arbitrary: fc.constantFrom('10000', '', '0x1f', 'g') },
);
const host6 = fc
  .tuple(fc.array(group, { minLength: 8, maxLength: 8 }), prefix(128), space, hostLabel)
  .map(([groups, bits, between, name]) => `${groups.join(':')}${bits}${between}${name}`);

const NODES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  load: fixedRule,
  load2: longRules,
  'change-rule': changeRule,
  'revoke-subject': label,
  cipso: cipso(24, true),
  cipso2: cipso(0, false),
  netlabel: host4,
  ipv6host: host6,
  doi: number,
  direct: number,
  mapped: number,
  logging: number,
  ptrace: number,
  ambient: words(label),
  syslog: words(label),
};
const SHOWN = [
  'load',
  'load2',
  'cipso',
  'cipso2',
  'netlabel',
  'ipv6host',
  'doi',
  'direct',
  'mapped',
  'ambient',
  'onlycap',
];
const IDENTITIES = [1000, { drop: ['CAP_MAC_ADMIN'] }, { uid: 1000, keep: ['CAP_MAC_ADMIN'] }];

const at = (node: string): string => `${SMACKFS}/${node}`;
const write = fc
  .constantFrom(...Object.keys(NODES))
  .chain((node) => (NODES[node] ?? number).map((data): Step => ({ op: 'write', path: at(node), data })));
const read = fc.constantFrom(...SHOWN).map((node): Step => ({ op: 'read', path: at(node) }));
const question = fc.oneof(
  fixedRule.map((data): Step => ({ op: 'txn', path: at('access'), data, readanyway: true })),
  words(label, label, letters).map((data): Step => ({ op: 'txn', path: at('access2'), data, readanyway: true })),
);
const asOther = fc.tuple(write, fc.constantFrom(...IDENTITIES)).map(([step, as]): Step => ({ ...step, as }));

const ownLabel = label.filter((text) => text !== '_');
const withoutFiles = fc.oneof(
  label.map((data): Step => ({ op: 'write', path: CURRENT, data })),
  fc.constant<Step>({ op: 'read', path: CURRENT }),
  fc.constant<Step>({ op: 'lsm_get', attr: 100 }),
  words(label, ownLabel, letters).map((data): Step => ({ op: 'write', path: at('load-self2'), data })),
  fc
    .tuple(label, ownLabel, letters)
    .map(([subject, object, access]) => padded(subject, 24) + padded(object, 24) + padded(access, 4))
    .map((data): Step => ({ op: 'write', path: at('load-self'), data })),
  words(label, label).map((data): Step => ({ op: 'write', path: at('relabel-self'), data })),
  fc.constantFrom('load-self', 'load-self2', 'relabel-self').map((node): Step => ({ op: 'read', path: at(node) })),
);
const makeFile = fc.constantFrom('new', 'dir/new').map((name): Step => ({ op: 'mkfile', path: `@S/${name}` }));
const child = (inner: fc.Arbitrary<Step>): fc.Arbitrary<Step> =>
  fc.array(inner, { minLength: 1, maxLength: 6 }).map((steps): Step => ({ op: 'child', steps }));
/** A while in which most labels have no privilege. */
const onlycap = fc
  .tuple(
    fc.constantFrom('_', '_ A', 'Bb _ A', '_\n', '_ -x'),
    fc.array(fc.oneof(write, question, asOther, child(withoutFiles)), { maxLength: 4 }),
    fc.constantFrom('-', '\n', ''),
  )
  .map(([list, steps, clear]): Step => {
    const set = (data: string): Step => ({ op: 'write', path: at('onlycap'), data });
    return { op: 'group', steps: [set(list), { op: 'read', path: at('onlycap') }, ...steps, set(clear)] };
  });

const FILES = ['@S/file', '@S/dir', '@S/new', '@S/dir/new'];
const ATTRIBUTES = ['SMACK64', 'SMACK64EXEC', 'SMACK64MMAP', 'SMACK64TRANSMUTE', 'SMACK64IPIN'].map(
  (name) => `security.${name}`,
);
const attribute = fc.record({ path: fc.constantFrom(...FILES), name: fc.constantFrom(...ATTRIBUTES) });
const ofFile = fc.oneof(
  attribute.map((where): Step => ({ op: 'getxattr', ...where })),
  fc
    .tuple(attribute, fc.oneof(label, fc.constant('TRUE')))
    .map(([where, data]): Step => ({ op: 'setxattr', ...where, data })),
  fc.constantFrom('@S/new', '@S/dir/new').map((path): Step => ({ op: 'unlink', path })),
);

const step = fc.oneof(
  { weight: 6, arbitrary: write },
  { weight: 2, arbitrary: read },
  { weight: 6, arbitrary: question },
  { weight: 1, arbitrary: asOther },
  { weight: 2, arbitrary: child(fc.oneof({ weight: 6, arbitrary: withoutFiles }, { weight: 1, arbitrary: makeFile })) },
  { weight: 1, arbitrary: onlycap },
  { weight: 3, arbitrary: ofFile },
);

const BEGIN: readonly Step[] = [
  { op: 'mkfile', path: '@S/file' },
  { op: 'mkdir', path: '@S/dir' },
];

/** @returns `count` steps; the same for the same seed. */
export function smackSteps(seed: number, count: number): Step[] {
  return [...BEGIN, ...fc.sample(step, { seed, numRuns: count })];
}
