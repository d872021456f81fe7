/**
 * Random new files, of every kind, on filesystems of several types, by makers with several labels: their labels, and what setxattr(2) with
 * XATTR_CREATE and XATTR_REPLACE says of these.
 *
 * Left out:
 * - directories of disks that store no label, in which new files store none either (lsm/selinux/hooks/file-security.ts);
 * - disks under a policy that labels none, as a kernel forgets such a label with the inode;
 * - overlays of a tmpfs, whose files without a stored label have the default of overlays in a world, and that of tmpfs in a kernel;
 * - removing a label under Smack, which a kernel remembers; files without names, whose label cannot be asked for by a path.
 */
import fc from 'fast-check';
import { syscallNumbers } from '../../linux/syscall-numbers.ts';
import type { Step } from './step.ts';

interface Labels {
  /** Keys of {@link MOUNTS}. */
  readonly filesystems: readonly string[];
  readonly lsm: 'selinux' | 'smack';
  readonly setUp: readonly Step[];
  readonly current: readonly string[];
  /** Of fscreate; none = there is no such attribute. */
  readonly fscreate: readonly string[];
  readonly files: readonly string[];
  readonly xattr: string;
}

const load = (policy: string): Step => ({
  ...{ op: 'write', path: '/sys/fs/selinux/load', data: { file: `data/${policy}` }, quiet: true },
});

/** By what tests call them. */
export const LABELLING: Readonly<Record<string, Labels>> = {
  'SELinux, labels on tmpfs alone': {
    lsm: 'selinux',
    filesystems: ['tmpfs', 'ramfs'],
    setUp: [load('mini.33')],
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
  'SELinux, transitions and labels everywhere': {
    lsm: 'selinux',
    filesystems: ['tmpfs', 'ramfs', 'ext4', 'overlay'],
    setUp: [load('mediate.33')],
    current: ['m_u:m_r:m_strict_t:s0', 'm_v:m_r:m_strict_t:s1:c0.c3', 'm_u:m_r:m_all_t:s0:c1', 'm_v:m_r:m_net_t:s0'],
    fscreate: ['m_u:object_r:m_fcr_t:s0', 'm_v:object_r:m_fall_t:s1:c2', '\n', '\n'],
    files: ['dar', 'drd', 'dmv', 'dad'].map((type, level) => `m_v:object_r:m_${type}_t:s0:c${level}`),
    xattr: 'security.selinux',
  },
  Smack: {
    lsm: 'smack',
    filesystems: ['tmpfs', 'ramfs', 'ext4', 'overlay'],
    setUp: [],
    current: ['A', 'Bb', '_', '^'],
    fscreate: [],
    files: ['A', 'C-c', '_', '-x'],
    xattr: 'security.SMACK64',
  },
};

/** User-mode Linux has loop devices and overlayfs as modules; the host has what it has. */
const insert = (module: string) =>
  `python3 -c 'import ctypes, os, sys; ctypes.CDLL(None).syscall(${syscallNumbers(process.arch).finit_module}, os.open(sys.argv[1], 0), b"", 0)' ` +
  `/usr/lib/uml/modules/$(uname -r)/kernel/${module}.ko 2>/dev/null`;
const overlay = (below: string) =>
  `mkdir -p ${below}/l ${below}/u ${below}/w; mount -t overlay x -o lowerdir=${below}/l,upperdir=${below}/u,workdir=${below}/w`;

/** These need a loop device. */
const ON_DISKS = ['ext4', 'overlay'];

/** Types of the filesystems that files are made on, by what mounts them at a place. */
const MOUNTS: Readonly<Record<string, string>> = {
  tmpfs: 'mount -t tmpfs x',
  ramfs: 'mount -t ramfs x',
  ext4: `${insert('drivers/block/loop')}; truncate -s 16M $S/image; mkfs.ext4 -q $S/image; mount -o loop $S/image`,
  overlay: `${insert('fs/overlayfs/overlay')}; ${overlay('$S/ext4/below')}`,
};
const KINDS: readonly ((path: string) => Step)[] = [
  (path) => ({ op: 'mkfile', path }),
  (path) => ({ op: 'mkdir', path }),
  (path) => ({ op: 'symlink', path, target: 'nowhere' }),
  (path) => ({ op: 'mknod', path }),
];

export function newFileSteps(labels: Labels, seed: number, makers: number, hasDisks: boolean): Step[] {
  const { setUp, current, files, fscreate, xattr } = labels;
  const filesystems = labels.filesystems.filter((name) => hasDisks || !ON_DISKS.includes(name));
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
      fc.constantFrom(...filesystems),
      fc.constantFrom('', 'd/'),
      fc.constantFrom(...KINDS),
      fc.option(fc.constantFrom(...files)),
      fc.array(set, { maxLength: 3 }),
    )
    .map(([mount, below, kind, ofFolder, sets]) => (number: number): Step[] => {
      const folder = `@S/${mount}/${seed}-${number}`;
      const path = `${folder}/${below}f`;
      const folders: Step[] = [folder, ...(below === '' ? [] : [`${folder}/d`])].map((one) => ({
        op: 'mkdir',
        path: one,
      }));
      const data = ofFolder ?? (ON_DISKS.includes(mount) ? files[0] : undefined);
      if (data !== undefined) folders.push({ op: 'setxattr', path: `${folder}/${below}`, name: xattr, data });
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
  const mounts = filesystems.map(
    (type): Step => ({
      op: 'sh',
      cmd: `[ -d $S/${type} ] || { mkdir $S/${type}; ${MOUNTS[type]} $S/${type}; }`,
      quiet: true,
    }),
  );
  return [...mounts, ...setUp, ...steps];
}
