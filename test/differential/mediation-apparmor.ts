/**
 * AppArmor: random chapters, each with a tree of files and a set of profiles of its own, and scenes in it.
 *
 * Left out: reading the labels of others; taking the capabilities that capget(2) shows, which in a kernel are those of the profile only;
 * the OOM score of others, for which a kernel asks about a capability that not every host gives (CAP_SYS_RESOURCE); a file that is made
 * and may not be opened (docs/reference/mediation.md) beyond the scene in which it is made.
 */
import fc from 'fast-check';
import { type Call, type Calls, CURRENT, call, fileCalls, values } from './mediation-file-calls.ts';
import { namelessCalls, QUEUE, underground } from './mediation-nameless-calls.ts';
import { file, folder, PROGRAMS } from './mediation-names.ts';
import { leaving, MOUNT_POINTS, mountCalls, pivoting, privilegeCalls } from './mediation-privilege-calls.ts';
import { change, domain, hatChange, hatted, onExec } from './mediation-profile-names.ts';
import {
  child,
  fileScene,
  identity,
  inDomain,
  inFolder,
  logged,
  quietly,
  several,
  taskScene,
} from './mediation-scenes.ts';
import { inherited, SOCKETS_FORGOTTEN, socketCalls } from './mediation-socket-calls.ts';
import { owners, treeSteps } from './mediation-tree.ts';
import type { Step } from './step.ts';

const POLICY = '/sys/kernel/security/apparmor/.replace';
const EXEC = '/proc/thread-self/attr/exec';

/** It does nothing without arguments. */
const PROGRAM = '/usr/bin/grep';
/** A program says its label. */
const running: Calls = call('run', values(...PROGRAMS), values('^'), values('/proc/self/attr/current'));
const inheriting: Calls = call('dup2', values('%f', '%k'), values(20));
const labelCalls: Calls = fc.oneof(
  { weight: 3, arbitrary: call('put', values(CURRENT), change) },
  { weight: 2, arbitrary: call('put', values(EXEC), onExec) },
  { weight: 4, arbitrary: running },
  { weight: 1, arbitrary: inheriting },
);
const hatCalls: Calls = fc.oneof(
  { weight: 3, arbitrary: call('put', values(CURRENT), hatChange) },
  { weight: 1, arbitrary: running },
);

/** A hat reads and writes what was opened before it was put on. */
const earlier: Calls = file.map((path): Call[] => [['-k=open', path, 'O_RDWR']]);

/** @param before calls of the process before it is confined. @param last its last call. @param who makes them. */
const scene = (
  current: fc.Arbitrary<string>,
  calls: Calls,
  before: Calls = fc.constant([]),
  last: Calls = fc.constant([]),
  who = identity,
): fc.Arbitrary<Step[]> =>
  fc
    .tuple(who, current, several(calls), before, fc.option(last, { nil: [], freq: 2 }))
    .map(([user, domainName, list, earlier, final]) => [
      child([quietly([['!chdir', '@C/a'], ...earlier]), ...user, inDomain(domainName), logged([...list, ...final])]),
    ]);

const root: typeof identity = fc.constant([]);
const withNamespace: Calls = fc.constant<Call[]>([
  ['!unshare', 'mnt'],
  ['-mount', 'none', '/', '', 'MS_REC|MS_PRIVATE'],
  ['-o=bystander', 1000],
  ['-p=bystander', 0],
]);
const namelessScene = scene(
  domain,
  namelessCalls,
  withNamespace.map((calls) => [...calls, ...QUEUE]),
  underground,
  root,
).map((steps) => [...steps, quietly([['-mqclean']])]);
/** What a process that may make a file and not open it leaves behind, in a kernel. */
const EMPTY_FORGOTTEN: Step = { op: 'sh', cmd: 'find $C -name "n[012]" -type f -empty -delete', quiet: true };
const withoutEmpty = (steps: readonly Step[]): Step[] => [...steps, EMPTY_FORGOTTEN];
const socketScene = fc
  .tuple(inherited, file)
  .chain(([socket, path]) =>
    scene(
      domain,
      socketCalls,
      fc.constant([socket, ['-f=open', path, 'O_RDWR|O_NONBLOCK'], ['-k=open', path, 'O_RDONLY|O_NONBLOCK']]),
    ),
  )
  .map((steps) => [...steps, quietly(SOCKETS_FORGOTTEN)]);

/** What somebody who is not confined does between scenes. */
const between: fc.Arbitrary<Step[]> = fc.oneof(
  fc.tuple(file, fc.constantFrom('600', '644', '0', '666')).map(([path, mode]) => [quietly([['chmod', path, mode]])]),
  fc.tuple(fc.oneof(file, folder), fc.constantFrom(0, 1000)).map(([path, id]) => [quietly([['chown', path, id, id]])]),
);

const LEFT_OUT = /^cat \/proc\/@.*\/attr\/|^put \/proc\/@.*\/oom_score_adj|^setcap$/;
/** Steps without such calls. */
const without = (pattern: RegExp, steps: readonly Step[]): Step[] =>
  steps.map((step) => ({
    ...step,
    ...(step.steps && { steps: without(pattern, step.steps) }),
    ...(step.op === 'calls' && { do: (step.do as readonly Call[]).filter((item) => !pattern.test(item.join(' '))) }),
  }));

const scenes: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fileScene(domain, labelCalls).map(withoutEmpty) },
      { weight: 2, arbitrary: scene(hatted, fc.oneof(hatCalls, fileCalls(hatCalls)), earlier).map(withoutEmpty) },
      { weight: 3, arbitrary: taskScene(domain).map((steps) => without(LEFT_OUT, steps)) },
      { weight: 3, arbitrary: socketScene },
      { weight: 2, arbitrary: scene(domain, privilegeCalls, withNamespace, leaving) },
      { weight: 2, arbitrary: scene(domain, mountCalls, withNamespace, pivoting, root) },
      { weight: 2, arbitrary: namelessScene },
      { weight: 2, arbitrary: between },
    ),
    { minLength: 8, maxLength: 12, size: 'max' },
  )
  .map((list) => list.flat());

/** @returns a step for each chapter, always the same ones for a seed. @param profiles names of their files, one for each. */
export function apparmorChapters(seed: number, profiles: readonly string[]): Step[] {
  return profiles.map((name, number): Step => {
    const chapter = fc
      .tuple(owners, scenes)
      .map(([ids, list]) => [
        ...treeSteps(ids, PROGRAM),
        quietly(MOUNT_POINTS),
        ...list,
        { op: 'walk', path: '@C', noread: '.*' },
      ]);
    const [steps] = fc.sample(chapter, { seed: seed * 1000 + number, numRuns: 1 });
    const policy: Step = { op: 'write', path: POLICY, data: { file: `data/${name}` }, quiet: true };
    return { op: 'group', steps: [policy, ...inFolder(steps ?? [], number)] };
  });
}
