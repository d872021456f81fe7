/**
 * SELinux: random chapters, each with a tree of labelled files, a mode and booleans of its own, and scenes in it. What went wrong in one
 * chapter does not reach the next.
 */
import fc from 'fast-check';
import { type Call, type Calls, CURRENT, call, values } from './mediation-file-calls.ts';
import {
  anyLabel,
  anyPath,
  BOOLEANS,
  directoryLabel,
  domain,
  FILES,
  FOLDERS,
  file,
  fileLabel,
  folder,
  NEW_NAMES,
  newName,
  PROGRAMS,
  programLabel,
} from './mediation-names.ts';
import { MOUNT_POINTS } from './mediation-privilege-calls.ts';
import {
  child,
  fileScene,
  IGNORED,
  identity,
  inDomain,
  inFolder,
  logged,
  quietly,
  several,
  taskScene,
} from './mediation-scenes.ts';
import { socketScene } from './mediation-socket-scenes.ts';
import { specialScene } from './mediation-special-scenes.ts';
import { ipcCalls } from './mediation-task-calls.ts';
import { owners, SPECIAL, TREE_FILES, TREE_SPECIAL, treeSteps } from './mediation-tree.ts';
import type { Step } from './step.ts';

const SELINUXFS = '/sys/fs/selinux';
const LABEL = 'security.selinux';
const KEY = 0x51000;

const enforce = (mode: string): Step => ({ op: 'write', path: `${SELINUXFS}/enforce`, data: mode, quiet: true });

/** Where `MOUNT_POINTS` are. */
const PLACES = MOUNT_POINTS.map((made) => String(made[1]));

const FSCREATE = '/proc/thread-self/attr/fscreate';
const labelCalls: Calls = fc.oneof(
  { weight: 2, arbitrary: call('put', values(CURRENT), domain) },
  { weight: 2, arbitrary: call('put', values(FSCREATE), fc.oneof(fileLabel, directoryLabel, fc.constant('\n'))) },
  { weight: 1, arbitrary: call('put', values('/proc/thread-self/attr/exec'), domain) },
  { weight: 2, arbitrary: call('setxattr', fc.oneof(file, newName), values(LABEL), anyLabel) },
  { weight: 1, arbitrary: call('setxattr', folder, values(LABEL), directoryLabel) },
  { weight: 1, arbitrary: call('lsetxattr', anyPath, values(LABEL), anyLabel) },
  { weight: 1, arbitrary: call('fset', values('%f', '%t', '%k'), values(LABEL), fileLabel) },
  // what a program inherits
  { weight: 1, arbitrary: call('dup2', values('%f', '%k'), values(20)) },
);

const ipcScene = (key: number): fc.Arbitrary<Step[]> =>
  fc.tuple(identity, domain, domain, fc.boolean()).chain(([who, label, other, sending]) =>
    several(ipcCalls(key, sending)).map((calls): Step[] => [
      {
        op: 'spawn',
        name: 'h',
        do: [
          ['put', CURRENT, other],
          ['shmget', key, 0o666 | 0o1000],
          ['q=msgget', key, 0o666 | 0o1000],
          ['msgsnd', '%q'],
          ['msgsnd', '%q', 2],
          ['semget', key, 0o666 | 0o1000],
        ],
        ignore: IGNORED,
      },
      child([...who, inDomain(label), logged(calls)]),
      quietly([['-ipcclean', key], ['-ipcclean', key + 1], ['-mqclean']]),
      { op: 'reap', name: 'h' },
    ]),
  );

/** What somebody with all permissions does between scenes. */
const between: fc.Arbitrary<Step[]> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...FOLDERS), fc.constantFrom(...FILES), anyLabel)
    .map(([where, name, label]) => [quietly([['setxattr', `${where}/${name}`, LABEL, label]])]),
  fc.tuple(folder, directoryLabel).map(([where, label]) => [quietly([['setxattr', where, LABEL, label]])]),
  fc.tuple(file, fc.constantFrom('600', '644', '0', '666')).map(([path, mode]) => [quietly([['chmod', path, mode]])]),
  fc.tuple(fc.oneof(file, folder), fc.constantFrom(0, 1000)).map(([path, id]) => [quietly([['chown', path, id, id]])]),
  fc.constantFrom('0', '1', '1').map((mode) => [enforce(mode)]),
  fc.tuple(fc.constantFrom(...BOOLEANS), fc.constantFrom('0', '1')).map(([name, value]) => [
    { op: 'write', path: `${SELINUXFS}/booleans/${name}`, data: value, quiet: true },
    { op: 'write', path: `${SELINUXFS}/commit_pending_bools`, data: '1', quiet: true },
  ]),
);

const exactly = <T>(count: number, of: fc.Arbitrary<T>) => fc.array(of, { minLength: count, maxLength: count });

const tree: fc.Arbitrary<Step[]> = fc
  .record({
    folders: exactly(FOLDERS.length, directoryLabel),
    files: exactly(TREE_FILES.length, fileLabel),
    places: exactly(PLACES.length, directoryLabel),
    others: exactly(TREE_SPECIAL.length, fileLabel),
    programs: exactly(PROGRAMS.length, programLabel),
    owners,
  })
  .map(({ folders, files, others, places, programs, owners: ids }) => {
    const labelled = (paths: readonly string[], labels: readonly string[], how: string): Call[] =>
      paths.map((path, index) => [how, path, LABEL, labels[index] ?? '']);
    return [
      ...treeSteps(ids, '/usr/bin/true'),
      quietly([
        ['-setxattr', '@C', LABEL, 'u:object_r:tmp_t:s0'],
        ...MOUNT_POINTS,
        ...labelled(PLACES, places, '-setxattr'),
        ...labelled(TREE_FILES, files, '-setxattr'),
        ...labelled(TREE_SPECIAL, others, '-lsetxattr'),
        ...labelled(PROGRAMS, programs, '-setxattr'),
        ...labelled(FOLDERS, folders, '-setxattr'),
      ]),
    ];
  });

/** Labels, owners and modes of all that is there. */
const shown: readonly Step[] = [
  enforce('0'),
  { op: 'walk', path: '@C', noread: '.*' },
  quietly(
    FOLDERS.flatMap((where) =>
      [...FILES, ...SPECIAL, ...NEW_NAMES].map((name): Call => ['lgetxattr', `${where}/${name}`, LABEL]),
    ),
  ),
];

const scenes = (key: number): fc.Arbitrary<Step[]> =>
  fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: fileScene(domain, labelCalls) },
        { weight: 2, arbitrary: taskScene(domain) },
        { weight: 1, arbitrary: ipcScene(key) },
        { weight: 2, arbitrary: socketScene(domain) },
        { weight: 3, arbitrary: specialScene },
        { weight: 2, arbitrary: between },
      ),
      { minLength: 12, maxLength: 16, size: 'max' },
    )
    .map((list) => list.flat());

/** @returns a step for each chapter, always the same ones for a seed. @param policies their files' names, taken in turn. */
export function mediationChapters(seed: number, count: number, policies: readonly string[]): Step[] {
  return Array.from({ length: count }, (_, number): Step => {
    const chapter = fc
      .tuple(tree, fc.constantFrom('1', '1', '1', '0'), scenes(KEY + 0x10 * number))
      .map(([made, mode, list]) => [...made, enforce(mode), ...list, ...shown]);
    const [steps] = fc.sample(chapter, { seed: seed * 1000 + number, numRuns: 1 });
    const policy: Step = {
      op: 'write',
      path: `${SELINUXFS}/load`,
      data: { file: `data/${policies[number % policies.length]}` },
      quiet: true,
    };
    return { op: 'group', steps: [enforce('0'), policy, ...inFolder(steps ?? [], number)] };
  });
}
