/**
 * What it costs that modules decide what programs do: real work and a single open under Debian's policy, enforced, in a
 * world with the usual mediation, beside one that mediates nothing, a supervisor that looks at nothing, and outside.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BenchLine } from '../line.ts';
import { median } from '../statistics.ts';
import { round } from '../supervisor.ts';
import { runWorkBench, type Setting, WORK, type Work } from '../work.ts';
import { goingOn } from './go-on.ts';

const root = path.resolve(import.meta.dirname, '../..');
const LSMFS = path.join(root, 'bin/lsmfs');
const ENFORCED = 'load_policy; echo 1 > /sys/fs/selinux/enforce';

const MEDIATED = ['--lsm=selinux'];
/** @param behind {@link goingOn} */
const settings = (behind: readonly string[]): readonly Setting[] => [
  { name: 'outside' },
  { name: 'let go on by a C program', behind },
  { name: 'not mediated', run: ['--lsm=selinux', '--no-mediation'], before: ENFORCED },
  { name: 'mediated', run: MEDIATED, before: ENFORCED },
];

const MEASURED = /^(?:tar|git status|make|fork)/;
const BUILD: Work = {
  name: 'configure && make -j2 install',
  command: 'cp -r $M/project . && cd project && ./configure && make -s -j2 install',
  undo: 'rm -rf project',
};

/** @param rounds of the work. @param opens rounds of single calls. */
export async function runMediationBench(
  rounds: number,
  opens: number,
  progress: (line: string) => void,
): Promise<BenchLine[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-bench-'));
  try {
    const works = [BUILD, ...WORK.filter(({ name }) => MEASURED.test(name))];
    const rows = runWorkBench(rounds, progress, { settings: settings(await goingOn(folder, MEDIATED)), works });
    const lines = rows.map(
      ({ work, setting, seconds, ratio, lowest, highest }): BenchLine => ({
        area: 'mediation',
        what: `${work}, ${setting}`,
        value: seconds,
        unit: 's',
        ratio,
        spread: [lowest, highest],
        against: 'outside',
      }),
    );
    return [...lines, ...openLines(opens, folder)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The first calls of a world, whose supervisor V8 has not compiled yet, and later ones. */
const OPENS = 10_000;
const END = 2000;

/** The same file again and again, and a name that is not there: each in a world of its own. */
function openLines(rounds: number, directory: string): BenchLine[] {
  const client = path.join(directory, 'client');
  execFileSync('gcc', ['-O2', '-o', client, path.join(root, 'bench/supervisor/client.c')]);
  return ['open', 'open ENOENT'].flatMap((name) => {
    const call = [client, String(OPENS), name, String(END)];
    const world = [LSMFS, 'run', ...MEDIATED, '--', 'sh', '-c', `${ENFORCED}; exec "$@"`, 'sh', ...call];
    const pairs = Array.from({ length: rounds }, () => [round(directory, call), round(directory, world)] as const);
    const [first = []] = pairs[0] ?? [];
    return first.map(([what], index): BenchLine => {
      const [bare, all] = [0, 1].map((where) => median(pairs.map((pair) => pair[where]?.[index]?.[1] ?? Number.NaN)));
      const [outside, inside] = [bare ?? Number.NaN, all ?? Number.NaN];
      return {
        area: 'mediation',
        what: `${what}, added`,
        value: inside - outside,
        unit: 'us',
        ratio: inside / outside,
        against: 'native',
      };
    });
  });
}
