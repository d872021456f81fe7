/**
 * Random new files, of every kind, on filesystems of several types, by makers with several labels: their labels, and what setxattr(2) with
 * XATTR_CREATE and XATTR_REPLACE says of these.
 *
 * Left out: disks and overlays, as User-mode Linux has no loop device and no overlayfs; removing a label under Smack, which a kernel
 * remembers; files without names, whose label cannot be asked for by a path.
 */
import fc from 'fast-check';
import type { Step } from './step.ts';

interface Labels {
  readonly setUp: readonly Step[];
  readonly current: readonly string[];
  /** Of fscreate; none = there is no such attribute. */
  readonly fscreate: readonly string[];
  readonly files: readonly string[];
  readonly xattr: string;
}

export const LABELLING: Readonly<Record<'selinux' | 'smack', Labels>> = {
  selinux: {
    setUp: [{ op: 'write', path: '/sys/fs/selinux/load', data: { file: 'data/mini.33' }, quiet: true }],
    current: [
      'msys_u:msys_r:mapp_t:s0',
      'msys_u:msys_r:mapp2_t:s1',
      'msys_u:msys_r:mkern_t:s0',
      'mbob_u:mapp_r:mapp_t:s1',
    ],
    fscreate: ['msys_u:object_r:mdata_t:s0', 'mbob_u:object_r:mtmp_t:s1', 'no such label'],
    files: ['msys_u:object_r:mdata_t:s0', 'mbob_u:object_r:mtmp_t:s1', 'msys_u:object_r:mbin_t:s2', ''],
    xattr: 'security.selinux',
  },
  smack: {
    setUp: [],
    current: ['A', 'Bb', '_', '^'],
    fscreate: [],
    files: ['A', 'C-c', '_', '-x'],
    xattr: 'security.SMACK64',
  },
};

/** Types of the filesystems that files are made on, by what mounts them at a place. */
const MOUNTS: Readonly<Record<string, string>> = {
  tmpfs: 'mount -t tmpfs x',
  ramfs: 'mount -t ramfs x',
};
const KINDS: readonly ((path: string) => Step)[] = [
  (path) => ({ op: 'mkfile', path }),
  (path) => ({ op: 'mkdir', path }),
  (path) => ({ op: 'symlink', path, target: 'nowhere' }),
  (path) => ({ op: 'mknod', path }),
];

export function newFileSteps(module: keyof typeof LABELLING, seed: number, makers: number): Step[] {
  const { setUp, current, files, fscreate, xattr } = LABELLING[module];
  const label = (path: string): Step => ({ op: 'getxattr', path, name: xattr, nofollow: true });
  const set = fc
    .record({ data: fc.constantFrom(...files), xflags: fc.constantFrom('', 'create', 'create', 'replace', 'replace') })
    .map(
      (how) =>
        (path: string): Step => ({ op: 'setxattr', path, name: xattr, nofollow: true, ...how }),
    );
  const attribute = (name: string, texts: readonly string[]) =>
    fc.constantFrom(...texts).map((data): Step => ({ op: 'write', path: `/proc/thread-self/attr/${name}`, data }));
  const become =
    fscreate.length === 0
      ? attribute('current', current)
      : fc.oneof(attribute('current', current), attribute('fscreate', fscreate));
  const file = fc
    .tuple(
      fc.constantFrom(...Object.keys(MOUNTS)),
      fc.constantFrom('', 'd/'),
      fc.constantFrom(...KINDS),
      fc.array(set, { maxLength: 3 }),
    )
    .map(([mount, below, kind, sets]) => (number: number): Step[] => {
      const folder = `@S/${mount}/${number}`;
      const path = `${folder}/${below}f`;
      const folders: Step[] = [folder, ...(below === '' ? [] : [`${folder}/d`])].map((one) => ({
        op: 'mkdir',
        path: one,
      }));
      return [...folders, kind(path), label(path), ...sets.map((one) => one(path)), label(path)];
    });
  const maker = fc.array(fc.oneof({ weight: 1, arbitrary: become }, { weight: 3, arbitrary: file }), {
    minLength: 2,
    maxLength: 8,
  });
  let number = 0;
  const steps = fc.sample(maker, { seed, numRuns: makers }).map(
    (list): Step => ({
      op: 'child',
      steps: list.flatMap((one) => (typeof one === 'function' ? one(number++) : [one])),
    }),
  );
  const mounts = Object.entries(MOUNTS).map(
    ([type, mount]): Step => ({ op: 'sh', cmd: `mkdir $S/${type}; ${mount} $S/${type}`, quiet: true }),
  );
  return [...mounts, ...setUp, ...steps];
}
