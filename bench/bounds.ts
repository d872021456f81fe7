/** The bounds that were set for what people wait for, as data: met or not is the first thing that docs/reports/performance.md says. */
import { type BenchLine, figure } from './line.ts';

export interface Bound {
  readonly area: string;
  /** The line's name. */
  readonly what: string;
  readonly most: number;
  /** What of the line is bounded: the ratio, or the value in the line's unit. */
  readonly of: 'ratio' | 'value';
}

const ratio = (area: string, what: string, most: number): Bound => ({ area, what, most, of: 'ratio' });
const value = (area: string, what: string, most: number): Bound => ({ area, what, most, of: 'value' });

/** What a supervisor may cost beside the same work outside; go-on.c alone takes 1.1 to 3 times as long. */
const WORK_BOUNDS: readonly (readonly [string, number])[] = [
  ['configure && make -j2 install', 1.6],
  ['tar x of 5000 files', 8],
  ['git status', 2.2],
  ['make -j2 of 100 C files', 2.3],
  ['find /usr', 2.5],
  ['grep -r over 5000 files', 8],
  ['fork+exec x 500', 2],
  ['unit tests on a disk', 2.5],
];
const MEASURED_IN = ['enforcing', 'apparmor, unconfined', 'apparmor, confined'];

export const BOUNDS: readonly Bound[] = [
  ratio('launch', 'lsmfs run -- true, the first', 5),
  ratio('launch', 'lsmfs run -- true, later', 1.6),
  ratio('launch', 'lsmfs run -- true, later, without a policy', 1.5),
  ratio('launch', 'lsmfs exec NAME true', 1.5),
  value('library', 'second world', 20),
  value('library', 'further worlds, median', 20),
  value('library', 'further resets, median', 20),
  ...WORK_BOUNDS.flatMap(([work, most]) => MEASURED_IN.map((setting) => ratio('work', `${work}, ${setting}`, most))),
  ...WORK_BOUNDS.map(([work]) => ratio('work', `${work}, enforcing, the second time`, 1.2)),
  value('calls', 'open of a known file, first 100, supervisor', 40),
  value('calls', 'open of a known file, 301 to 1000, supervisor', 15),
  value('calls', 'creation of a file, first 100, supervisor', 45),
  value('calls', 'creation of a file, 301 to 1000, supervisor', 45),
  ratio('calls', "open of a known file, a user's filesystem somewhere", 1.3),
  value('calls', '20000 times open, fstatfs, read of /proc/self/fdinfo', 2),
  value('calls', 'label of a file, first 100, whole daemon', 100),
  value('calls', 'label of a file, from 1000 on, whole daemon', 100),
  value('calls', 'labels of 100000 files', 10),
  ratio('nodes', 'open+read+close of enforce', 1.3),
  ratio('nodes', 'open+read+close of enforce, one CPU', 1.3),
  ratio('nodes', 'transaction on access', 1.5),
  ratio('nodes', 'transaction on access, one CPU', 1.5),
  value('nodes', 'open+read+close of attr/current', 100),
  value('nodes', 'statfs of selinuxfs', 45),
  value('nodes', 'getxattr security.selinux', 60),
  value('nodes', 'ls -lR /sys/fs/selinux', 0.6),
  value('supervisor', 'create a file, policy loaded, added', 40),
  ratio('audit', 'the same while one floods', 1.1),
  value('worlds', '50 starts at once', 3000),
  value('worlds', 'memory (PSS) of 50 idle daemons, each', 16 * 1024),
];

/** Areas to be measured in each run, when there are several. */
export const BOUNDED_AREAS: ReadonlySet<string> = new Set(BOUNDS.map(({ area }) => area));

/** Rows of a table: what, the bound, one figure for each run, whether all of them are within. @returns none for what was not measured. */
export function boundRows(runs: readonly (readonly BenchLine[])[]): string[][] {
  return BOUNDS.flatMap((bound) => {
    const lines = runs.flatMap((run) => run.filter(({ area, what }) => area === bound.area && what === bound.what));
    const [first] = lines;
    if (first === undefined) return [];
    const unit = bound.of === 'ratio' ? ` times ${first.against ?? ''}` : ` ${first.unit}`;
    const figures = lines.map((line) => (bound.of === 'ratio' ? line.ratio : line.value) ?? Number.NaN);
    return [
      [
        `${bound.area}: ${bound.what}`,
        `${bound.most}${unit}`,
        figures.map((one) => (bound.of === 'ratio' ? one.toFixed(2) : figure(one))).join(', '),
        figures.every((one) => one <= bound.most) ? 'met' : 'missed',
      ],
    ];
  });
}
