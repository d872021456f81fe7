/** What `npm run bench` can measure, by name, in the order in which it does. */
import { benchApparmor } from './apparmor.ts';
import { runAuditBench } from './audit.ts';
import { runCallsBench } from './calls/index.ts';
import { type Growth, runGrowthBench } from './growth.ts';
import { runIntegrityBench } from './integrity.ts';
import { CALLS, countInterrupted } from './interrupted.ts';
import { runLabelledBench } from './labelled.ts';
import { runLaunchBench } from './launch.ts';
import { benchLibrary } from './library.ts';
import type { BenchLine } from './line.ts';
import { runNamespaceBench } from './namespaces.ts';
import { runNodeBench } from './nodes.ts';
import { benchPolicy } from './policy.ts';
import { benchSmack } from './smack.ts';
import { runSupervisorBench } from './supervisor.ts';
import { runTransportBench } from './transport/index.ts';
import { runWorkBench } from './work/index.ts';
import { runWorldsBench } from './worlds.ts';

export interface Measured {
  readonly lines: readonly BenchLine[];
  readonly curves?: readonly Growth[];
}

/** How much of an area is to be measured. */
export interface Extent {
  /** Few rounds: to see that it works, not to know figures. */
  readonly quick: boolean;
  /** Absent = as many as the area takes. */
  readonly rounds?: number | undefined;
  readonly part?: string | undefined;
  readonly setting?: string | undefined;
  readonly progress: (line: string) => void;
}

export interface Area {
  readonly title: string;
  /** That one part of it can be chosen, and how many rounds. */
  readonly hasParts?: true;
  measure(extent: Extent): Promise<Measured> | Measured;
}

const ROUNDS = 7;

export const AREAS: ReadonlyMap<string, Area> = new Map<string, Area>([
  [
    'work',
    {
      title: 'real work outside and in worlds; parts are works and settings',
      hasParts: true,
      measure: async ({ quick, rounds = quick ? 1 : ROUNDS, part: work, setting, progress }) => ({
        lines: await runWorkBench({ rounds, work, setting, progress }),
      }),
    },
  ],
  [
    'calls',
    {
      title: 'CPU time of a daemon for single calls; parts are the kinds of calls',
      hasParts: true,
      measure: async ({ quick, rounds = quick ? 1 : ROUNDS, part, progress }) => ({
        lines: await runCallsBench({ rounds, part, progress, ...(quick ? { labels: 2000 } : {}) }),
      }),
    },
  ],
  [
    'nodes',
    {
      title: 'those of a world with a policy, beside a C libfuse program',
      measure: async ({ quick }) => ({ lines: await runNodeBench(quick ? 1 : 5) }),
    },
  ],
  [
    'transport',
    {
      title: 'lsmfs, a C libfuse program and fuse-native, in random order',
      measure: async ({ quick, progress: onProgress }) => {
        const rows = await runTransportBench({ rounds: quick ? 2 : 5, seconds: quick ? 0.2 : 0.5, onProgress });
        return {
          lines: rows.map((row) => ({
            area: 'transport',
            what: `${row.operation}, ${row.clients} client${row.clients === 1 ? '' : 's'}, ${row.server}`,
            value: row.medianMicroseconds,
            unit: 'us median',
            against: 'C libfuse3',
            ratio: row.ratio,
          })),
        };
      },
    },
  ],
  [
    'policy',
    {
      title: 'parse, load and decide with the Debian policy',
      measure: () => ({
        lines: benchPolicy().map(({ name, value, unit }) => ({ area: 'policy', what: name, value, unit })),
      }),
    },
  ],
  [
    'apparmor',
    {
      title: 'load, ask, print, a thousand namespaces',
      measure: () => ({
        lines: benchApparmor().map(({ name, value, unit }) => ({ area: 'apparmor', what: name, value, unit })),
      }),
    },
  ],
  [
    'smack',
    {
      title: 'ten thousand rules loaded, read, asked about',
      measure: () => ({
        lines: benchSmack().map(({ name, value, unit }) => ({ area: 'smack', what: name, value, unit })),
      }),
    },
  ],
  [
    'library',
    { title: "worlds in memory with Debian's policy, and resets", measure: () => ({ lines: benchLibrary() }) },
  ],
  [
    'supervisor',
    {
      title: 'calls that are not ours, native and supervised',
      measure: () => ({
        lines: runSupervisorBench().map(({ call, native, supervised, added }) => ({
          area: 'supervisor',
          what: `${call}, added`,
          value: added,
          unit: 'us',
          against: 'native',
          ratio: supervised / native,
        })),
      }),
    },
  ],
  [
    'interrupted',
    {
      title: 'calls that end with EINTR under a timer and may not',
      measure: () => ({
        lines: [
          { area: 'interrupted', what: `of ${CALLS} calls, timer of 0.7 ms`, value: countInterrupted(), unit: 'calls' },
        ],
      }),
    },
  ],
  [
    'namespaces',
    {
      title: 'one SELinux namespace and many',
      measure: ({ quick }) => ({
        lines: runNamespaceBench(quick ? 200 : 1000).map((row) => ({ area: 'namespaces', ...row })),
      }),
    },
  ],
  [
    'integrity',
    {
      title: 'opens under a policy of IMA, and its list',
      measure: ({ quick }) => {
        const rows = quick ? runIntegrityBench(1, 1000, 10_000) : runIntegrityBench(3, 10_000, 100_000);
        return { lines: rows.map((row) => ({ area: 'integrity', ...row })) };
      },
    },
  ],
  [
    'audit',
    {
      title: 'a hundred containers, one of which floods',
      measure: ({ quick }) => ({ lines: quick ? runAuditBench(1, 200) : runAuditBench(5, 1000) }),
    },
  ],
  [
    'labelled',
    {
      title: 'content below `lsmfs mount --labels`, and below the directory itself',
      measure: async ({ quick }) => ({
        lines: (await runLabelledBench(quick ? 3 : 11)).map((row) => ({
          area: 'labelled',
          unit: 's',
          against: 'the directory',
          ...row,
        })),
      }),
    },
  ],
  [
    'launch',
    {
      title: 'lsmfs run -- true and lsmfs exec, against node -e 0 and a boot of User-mode Linux',
      measure: async ({ quick }) => ({
        lines: (await runLaunchBench(quick ? 3 : 21)).map((row) => ({
          area: 'launch',
          what: row.what,
          value: row.milliseconds,
          unit: 'ms',
          ...(row.ratio === undefined ? {} : { against: row.against ?? '', ratio: row.ratio }),
          ...(row.spread === undefined ? {} : { spread: row.spread }),
        })),
      }),
    },
  ],
  [
    'worlds',
    {
      title: 'many at once',
      measure: async ({ quick }) => {
        const { rows, growth } = await runWorldsBench(quick ? [1, 10] : [1, 10, 100]);
        return { lines: rows.map((row) => ({ area: 'worlds', ...row })), curves: [growth] };
      },
    },
  ],
  [
    'growth',
    {
      title: 'one operation among more and more of something',
      measure: async ({ quick }) => ({ lines: [], curves: await runGrowthBench(quick ? [10, 100] : [10, 100, 1000]) }),
    },
  ],
]);
