/** Scenes: what processes of some domain do, with those that they do it to. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { statusMask } from '../../host/procfs/status.ts';
import { CAP } from '../../linux/capability.ts';
import { type Call, type Calls, CURRENT, FORGOTTEN, fileCalls, linking } from './mediation-file-calls.ts';
import { file } from './mediation-names.ts';
import { taskCalls } from './mediation-task-calls.ts';
import type { Step } from './step.ts';

export const IGNORED = ['SIGTERM', 'SIGHUP', 'SIGCHLD', 'SIGUSR1', 'SIGIO', 'SIGINT'];
const CALLS_OF_A_SCENE = { minLength: 8, maxLength: 14, size: 'max' } as const;

export const quietly = (list: readonly Call[]): Step => ({ op: 'calls', do: list });
export const logged = (list: readonly Call[]): Step => ({ op: 'calls', log: true, do: list });
export const several = (calls: Calls): Calls => fc.array(calls, CALLS_OF_A_SCENE).map((list) => list.flat());
export const child = (steps: readonly Step[]): Step => ({ op: 'child', quiet: true, steps });
/** @param current what is written to attr/current to become a domain. */
export const inDomain = (current: string): Step => quietly([['!put', CURRENT, current]]);

/** Root, a user, or somebody with some privileges. */
export const identity: fc.Arbitrary<readonly Step[]> = fc.oneof(
  { weight: 6, arbitrary: fc.constant([]) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(
        1000,
        { uid: 1000, keep: ['CAP_DAC_OVERRIDE'] },
        { drop: ['CAP_DAC_OVERRIDE', 'CAP_DAC_READ_SEARCH'] },
      )
      .map((who): Step[] => [{ op: 'become', who, quiet: true }]),
  },
);
/** Descriptors that the process has from before it is in its domain. */
const earlier: fc.Arbitrary<Step> = fc
  .tuple(file, fc.constantFrom('O_RDWR|O_NONBLOCK', 'O_RDONLY|O_NONBLOCK', 'O_WRONLY|O_APPEND|O_NONBLOCK'))
  .map(([path, flags]) => quietly([['k=open', path, flags]]));

/** Relative paths begin there, and nowhere else: the world's root folder is the host's. */
const FROM = quietly([
  ['!chdir', '@C'],
  ['-chdir', '@C/a'],
]);

/** @param current what is written to attr/current, at random. @param ofModule calls about labels. */
export const fileScene = (current: fc.Arbitrary<string>, ofModule: Calls): fc.Arbitrary<Step[]> =>
  fc
    .tuple(identity, earlier, current, several(fileCalls(ofModule)), fc.option(linking, { nil: [], freq: 2 }))
    .map(([who, before, domain, calls, last]) => [
      child([FROM, ...who, before, inDomain(domain), logged([...calls, ...last])]),
      quietly(FORGOTTEN),
    ]);

const spawned = (name: string, domain: string, user: boolean): Step[] => [
  {
    op: 'spawn',
    name,
    do: [
      ['x=open', '/dev/null', 'O_RDWR'],
      ['dup2', '%x', 50],
      ...(user ? [['become', 1000]] : []),
      ['put', CURRENT, domain],
    ],
    ignore: IGNORED,
  },
  quietly([['-keep', name, `%${name}`]]),
];
export const taskScene = (current: fc.Arbitrary<string>): fc.Arbitrary<Step[]> =>
  fc
    .tuple(identity, current, current, current, fc.boolean(), several(taskCalls))
    .map(([who, domain, other, kid, user, calls]) => [
      ...spawned('h', other, user),
      child([...spawned('g', kid, false), quietly([['-me']]), ...who, inDomain(domain), logged(calls)]),
      quietly([['isalive', '%h']]),
      { op: 'reap', name: 'h' },
    ]);

export const chapterFolder = (number: number): string => `@S/c${number}`;
/** Puts a chapter into its folder. */
export const inFolder = (steps: readonly Step[], number: number): Step[] =>
  JSON.parse(JSON.stringify(steps).replaceAll('@C', chapterFolder(number)).replaceAll('$C', `$S/c${number}`)) as Step[];

/** Begins every run: with IPC objects and ports of its own, and a mark in the log. */
/** What this host gives nobody: the booted kernel does without it, too. */
const LACKED = Object.entries(CAP).flatMap(([name, number]) =>
  ((statusMask(readFileSync('/proc/self/status', 'utf8'), 'CapPrm') ?? 0n) >> BigInt(number)) & 1n ? [] : [name],
);

export const MEDIATION_BEGIN: readonly Step[] = [
  { op: 'become', who: { drop: LACKED }, quiet: true },
  { op: 'chdir', path: '/', quiet: true },
  { op: 'calls', do: [['-unshare', 'ipc', 'net']] },
  { op: 'sh', cmd: 'ip link set lo up', quiet: true },
  { op: 'klog' },
];
