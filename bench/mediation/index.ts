/**
 * What it costs that modules decide what programs do: real work and a single open under Debian's policy, enforced, in a
 * world with the usual mediation, beside one that mediates nothing, and outside.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BenchLine } from '../line.ts';
import { median } from '../statistics.ts';
import { round } from '../supervisor.ts';
import { runWorkBench, type Setting, WORK, type Work } from '../work.ts';

const root = path.resolve(import.meta.dirname, '../..');
const LSMFS = path.join(root, 'bin/lsmfs');
const ENFORCED = 'load_policy; echo 1 > /sys/fs/selinux/enforce';

const SETTINGS: readonly Setting[] = [
  { name: 'outside' },
  { name: 'not mediated', run: ['--lsm=selinux', '--no-mediation'], before: ENFORCED },
  { name: 'mediated', run: ['--lsm=selinux'], before: ENFORCED },
];

const MEASURED = /^(?:tar|git status|make|fork)/;
const BUILD: Work = {
  name: 'configure && make -j2 install',
  command: 'cp -r $M/project . && cd project && ./configure && make -s -j2 install',
  undo: 'rm -rf project',
};

/** @param rounds of the work. @param opens rounds of single calls. */
export function runMediationBench(rounds: number, opens: number, progress: (line: string) => void): BenchLine[] {
  const works = [BUILD, ...WORK.filter(({ name }) => MEASURED.test(name))];
  const rows = runWorkBench(rounds, progress, { settings: SETTINGS, works });
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
  return [...lines, ...openLines(opens)];
}

/** The same file again and again, and a name that is not there. */
function openLines(rounds: number, iterations = 2000): BenchLine[] {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-bench-'));
  try {
    const client = path.join(directory, 'client');
    execFileSync('gcc', ['-O2', '-o', client, path.join(root, 'bench/supervisor/client.c')]);
    const call = [client, String(iterations), 'open'];
    const world = [LSMFS, 'run', '--lsm=selinux', '--', 'sh', '-c', `${ENFORCED}; exec "$@"`, 'sh', ...call];
    const native: Map<string, number>[] = [];
    const mediated: Map<string, number>[] = [];
    for (let i = 0; i < rounds; i++) {
      native.push(new Map(round(directory, call)));
      mediated.push(new Map(round(directory, world)));
    }
    return ['open', 'open ENOENT'].map((name) => {
      const [outside, inside] = [native, mediated].map((all) => median(all.map((one) => one.get(name) ?? Number.NaN)));
      const [bare, all] = [outside ?? Number.NaN, inside ?? Number.NaN];
      return {
        area: 'mediation',
        what: `${name}, added`,
        value: all - bare,
        unit: 'us',
        ratio: all / bare,
        against: 'native',
      };
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}
