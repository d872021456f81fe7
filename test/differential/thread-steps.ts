/**
 * Random families of threads: each changes what it is, makes threads at the same time as its siblings do, forks, and executes programs
 * from threads that are not the first one; each shows what it has got from its maker.
 *
 * Left out: a thread that ends its process by execve(2) while others of it run, which ends them at any moment.
 */
import fc from 'fast-check';
import type { Step } from './step.ts';

interface Attributes {
  /** Loads what the families choose from. */
  readonly setUp: readonly Step[];
  /** Names below attr, and texts for them. */
  readonly changes: Readonly<Record<string, readonly string[]>>;
  /** Of new files. */
  readonly xattr?: string;
}

const ATTR = '/proc/thread-self/attr';
const LOAD = '/sys/kernel/security/apparmor/.load';
const aaProfiles = ['wide', 'wide2', 'hatty', 'unc', 'nosuch'];
const contexts = [
  'msys_u:msys_r:mapp_t:s0',
  'msys_u:msys_r:mapp2_t:s1',
  'msys_u:msys_r:mkern_t:s0',
  'mbob_u:mapp_r:mapp_t:s1',
];
const objects = ['msys_u:object_r:mdata_t:s0', 'mbob_u:object_r:mtmp_t:s1', 'msys_u:object_r:mbin_t:s2', '\n'];

export const MODULES: Readonly<Record<'selinux' | 'apparmor' | 'smack', Attributes>> = {
  selinux: {
    setUp: [{ op: 'write', path: '/sys/fs/selinux/load', data: { file: 'data/mini.33' }, quiet: true }],
    changes: { current: contexts, exec: contexts, fscreate: objects, sockcreate: contexts, keycreate: contexts },
    xattr: 'security.selinux',
  },
  apparmor: {
    setUp: ['wide', 'wide2', 'hatty', 'unc'].map((name) => ({
      ...{ op: 'write', path: LOAD, data: { file: `data/${name}.bin` }, quiet: true },
    })),
    changes: {
      current: [
        ...aaProfiles.flatMap((name) => [`changeprofile ${name}`, `stack ${name}`]),
        ...['changehat 00000000000000ff^h1', 'changehat 00000000000000ff^h2', 'changehat 00000000000000ff^'],
      ],
      exec: aaProfiles.map((name) => `exec ${name}`),
    },
  },
  smack: {
    setUp: [],
    changes: { current: ['A', 'Bb', 'C-c', '_', '^', '-x'] },
    xattr: 'security.SMACK64',
  },
};

/** Files that tell of the thread. */
const shown = ({ changes, xattr }: Attributes): Step[] => {
  const file = '@S/f@TID';
  const attributes = Object.keys(changes).map((name): Step => ({ op: 'read', path: `${ATTR}/${name}` }));
  if (xattr === undefined) return attributes;
  return [
    ...attributes,
    { op: 'mkfile', path: file },
    { op: 'getxattr', path: file, name: xattr },
    { op: 'unlink', path: file },
  ];
};

/** @param families how many processes begin one each */
export function threadSteps(module: keyof typeof MODULES, seed: number, families: number): Step[] {
  const attributes = MODULES[module];
  const change = fc
    .constantFrom(...Object.entries(attributes.changes))
    .chain(([name, texts]) =>
      fc.constantFrom(...texts).map((data): Step => ({ op: 'write', path: `${ATTR}/${name}`, data })),
    );
  const show = shown(attributes);
  const { life } = fc.letrec<{ life: Step[]; deed: Step[] }>((tie) => ({
    life: fc.array(tie('deed'), { minLength: 1, maxLength: 4 }).map((deeds) => [...show, ...deeds.flat()]),
    deed: fc.oneof(
      { depthSize: 'medium', maxDepth: 4, withCrossShrink: false },
      { weight: 4, arbitrary: change.map((step) => [step]) },
      {
        weight: 3,
        arbitrary: fc
          .array(tie('life'), { minLength: 1, maxLength: 3 })
          .map((threads): Step[] => [{ op: 'together', threads }]),
      },
      { weight: 1, arbitrary: tie('life').map((steps): Step[] => [{ op: 'child', steps }]) },
      {
        weight: 1,
        arbitrary: tie('life').map((steps): Step[] => [
          { op: 'child', steps: [{ op: 'thread', steps: [{ op: 'reexec', steps }] }] },
        ]),
      },
    ),
  }));
  const family = life.map((steps): Step => ({ op: 'child', steps }));
  return [...attributes.setUp, ...fc.sample(family, { seed, numRuns: families })];
}
