/**
 * Real work, outside and in worlds of several kinds: seconds of wall time that a shell measures around the work alone, without the start of
 * the world. Each round has new worlds. Settings take turns in every round, so that a slow moment of the machine hits all; a ratio is the
 * median of the rounds' ratios, and its spread is their range.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { BenchLine } from '../line.ts';
import { median } from '../statistics.ts';
import { goingOn } from './go-on.ts';
import { FILTERED, FLOOR, OUTSIDE, type Setting, WORLDS } from './settings.ts';
import { makeMaterial, WORKS, type Work } from './works.ts';

const LSMFS = path.resolve(import.meta.dirname, '../../bin/lsmfs');
/** A tmpfs on every Linux system. */
const SHARED_MEMORY = '/dev/shm';
/** On a disk on every Linux system, unlike /tmp. */
const DISK = '/var/tmp';
const LIMIT_MS = 300_000;

export interface WorkOptions {
  /** Each does every work in every setting. */
  readonly rounds: number;
  /** Part of the names of the works, and of settings beside outside, to be measured; absent = all. */
  readonly work?: string | undefined;
  readonly setting?: string | undefined;
  readonly progress: (line: string) => void;
}

/** Folders of material, of what is made, and on a disk. */
interface Places {
  readonly material: string;
  readonly memory: string;
  readonly disk: string;
}

/** Seconds, by name of work and of setting: of each round those of each time in the same world. */
type Times = Map<string, number[][]>;

export async function runWorkBench({ rounds, work, setting, progress }: WorkOptions): Promise<BenchLine[]> {
  const material = mkdtempSync(path.join(SHARED_MEMORY, 'lsmfs-bench-'));
  const places = { material, memory: path.join(material, 'work'), disk: mkdtempSync(path.join(DISK, 'lsmfs-bench-')) };
  try {
    progress('work: material');
    makeMaterial(material);
    mkdirSync(places.memory);
    const floor = { name: FLOOR, behind: await goingOn(material, FILTERED) };
    const compared = [floor, ...WORLDS].filter(({ name }) => setting === undefined || name.includes(setting));
    const works = WORKS.filter(({ name }) => work === undefined || name.includes(work));
    if (compared.length === 0 || works.length === 0) throw new Error(`no work '${work}' or no setting '${setting}'`);
    const settings = [OUTSIDE, ...compared];
    // What is on the disk is read once before anything is measured.
    execFileSync('sh', ['-c', 'find /usr -newer . >/dev/null'], { cwd: places.memory });
    const times: Times = new Map();
    for (let round = 0; round < rounds; round++) {
      for (const one of works) {
        for (const where of settings) {
          const key = `${one.name}, ${where.name}`;
          times.set(key, [...(times.get(key) ?? []), timed(where, one, places)]);
        }
        progress(`work: round ${round + 1} of ${rounds}: ${one.name}: ${roundText(one, settings, times)}`);
      }
    }
    return works.flatMap((one) => settings.flatMap((where) => linesOf(one.name, where, times)));
  } finally {
    rmSync(material, { recursive: true, force: true });
    rmSync(places.disk, { recursive: true, force: true });
  }
}

/** What the last round's worlds took, in times of what it took outside. */
function roundText({ name }: Work, settings: readonly Setting[], times: Times): string {
  const [outside = [], ...others] = settings.map((where) => times.get(`${name}, ${where.name}`)?.at(-1) ?? []);
  const ratios = others.map((taken, index) => {
    const figures = taken.map((seconds) => (seconds / (outside[0] ?? Number.NaN)).toFixed(2)).join(' ');
    return `${settings[index + 1]?.name} ${figures}`;
  });
  return ratios.join('; ');
}

function linesOf(work: string, { name, times: repeated = 1 }: Setting, times: Times): BenchLine[] {
  const outside = (times.get(`${work}, ${OUTSIDE.name}`) ?? []).map(([seconds = Number.NaN]) => seconds);
  const taken = times.get(`${work}, ${name}`) ?? [];
  const nth = (index: number): number[] => taken.map((round) => round[index] ?? Number.NaN);
  const line = (
    suffix: string,
    values: readonly number[],
    yardstick: readonly number[],
    against: string,
  ): BenchLine => {
    const ratios = values.map((value, round) => value / (yardstick[round] ?? Number.NaN));
    return {
      area: 'work',
      what: `${work}, ${name}${suffix}`,
      value: median(values),
      unit: 's',
      ratio: median(ratios),
      spread: [Math.min(...ratios), Math.max(...ratios)],
      against,
    };
  };
  const first = line('', nth(0), outside, OUTSIDE.name);
  if (repeated === 1) return [first];
  const last = nth(repeated - 1);
  return [
    first,
    line(', the second time', nth(1), last, `the ${ordinal(repeated)}`),
    line(`, the ${ordinal(repeated)} time`, last, outside, OUTSIDE.name),
  ];
}

function ordinal(times: number): string {
  return ['first', 'second', 'third', 'fourth', 'fifth'][times - 1] ?? `${times}th`;
}

/** Seconds that the work took each time. */
function timed(setting: Setting, { command, undo }: Work, { material, memory, disk }: Places): number[] {
  const { run, behind = [], before = 'true', times = 1 } = setting;
  const worker = `n=0; while [ $n -lt ${times} ]; do n=$((n+1)); a=$(date +%s%N); { ${command}; } >/dev/null; status=$?; b=$(date +%s%N)
    ${undo}; echo $((b-a)) $status; done`;
  const argv = [...behind, 'sh', '-c', worker];
  const [program = '', ...rest] =
    run === undefined ? argv : [LSMFS, 'run', ...run, '--', 'sh', '-c', `${before}; exec "$@"`, 'sh', ...argv];
  const text = execFileSync(program, rest, {
    cwd: memory,
    encoding: 'utf8',
    env: { ...process.env, M: material, D: disk },
    timeout: LIMIT_MS,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = text.trim().split('\n').slice(-times);
  return lines.map((line) => {
    const [nanoseconds, status] = line.split(' ').map(Number);
    if (nanoseconds === undefined || status !== 0) throw new Error(`'${command}', ${setting.name}: status ${status}`);
    return nanoseconds / 1e9;
  });
}
