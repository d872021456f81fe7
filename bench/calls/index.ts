/**
 * What one supervised call costs: CPU time of a world's daemon for each, of the first calls of a new world and of later ones, Debian's
 * policy enforcing, default options. Most worlds live for seconds, so the first calls count.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BenchLine } from '../line.ts';
import { median } from '../statistics.ts';
import { type Place, type Stretch, stretches } from './client.ts';

const SHARED_MEMORY = '/dev/shm';
/** DIRECTORIES of client.c, and files in each. */
const [DIRECTORIES, FILES] = [1000, 100];
/** Each begins where the one before ends. */
const MARKS = [100, 300, 1000, 8000, 10_000];
const SHOWN = new Map([
  [0, 'first 100'],
  [2, '301 to 1000'],
  [4, '8001 to 10000'],
]);
const CURVES: readonly (readonly [string, string])[] = [
  ['open', 'open of a known file'],
  ['open-others', 'open of other files'],
  ['create', 'creation of a file'],
  ['fchmod', 'fchmod'],
];
const MESSAGES = 20_000;
const LABELS = DIRECTORIES * FILES;

export interface CallsOptions {
  readonly rounds: number;
  /** Labels that are changed in all. */
  readonly labels?: number;
  /** Part of the names of the measurements; absent = all. */
  readonly part?: string | undefined;
  readonly progress: (line: string) => void;
}

const line = (what: string, value: number, unit: string, more: Partial<BenchLine> = {}): BenchLine => ({
  area: 'calls',
  what,
  value,
  unit,
  ...more,
});

export async function runCallsBench(options: CallsOptions): Promise<BenchLine[]> {
  const { part, progress } = options;
  const state = mkdtempSync(path.join(tmpdir(), 'lsmfs-calls-'));
  const client = path.join(state, 'client');
  execFileSync('gcc', ['-O2', '-o', client, path.join(import.meta.dirname, 'client.c')]);
  /** Measures with files that nothing has been done to. */
  const fresh = async <T>(measure: (inside: Place, outside: Place) => Promise<T>): Promise<T> => {
    const directory = mkdtempSync(path.join(SHARED_MEMORY, 'lsmfs-calls-'));
    try {
      makeFiles(directory);
      return await measure({ client, directory, state: path.join(state, 'state') }, { client, directory });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  };
  const measurements: readonly (readonly [string, () => Promise<BenchLine[]>])[] = [
    ...CURVES.map(([kind, what]) => [what, () => curve(kind, what, options, fresh)] as const),
    ["a user's filesystem", () => beside(options, fresh)],
    ['fdinfo', () => messages(options, fresh)],
    ['labels', () => labels(options, fresh)],
  ];
  try {
    const lines: BenchLine[] = [];
    for (const [what, measure] of measurements) {
      if (part !== undefined && !what.includes(part)) continue;
      progress(`calls: ${what}`);
      lines.push(...(await measure()));
    }
    return lines;
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

type Fresh = <T>(measure: (inside: Place, outside: Place) => Promise<T>) => Promise<T>;

function makeFiles(directory: string): void {
  for (let d = 0; d < DIRECTORIES; d++) {
    mkdirSync(path.join(directory, `d${d}`));
    for (let f = 0; f < FILES; f++) writeFileSync(path.join(directory, `d${d}/f${f}`), '');
  }
}

async function repeated<T>(rounds: number, once: () => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let round = 0; round < rounds; round++) all.push(await once());
  return all;
}

async function curve(kind: string, what: string, { rounds }: CallsOptions, fresh: Fresh): Promise<BenchLine[]> {
  const all = await repeated(rounds, () => fresh((inside) => stretches(inside, kind, MARKS)));
  const of = (index: number, which: keyof Stretch): number =>
    median(all.map((found) => found[index]?.[which] ?? Number.NaN));
  return [...SHOWN].flatMap(([index, name]) => [
    line(`${what}, ${name}, supervisor`, of(index, 'supervisor'), 'us of CPU'),
    line(`${what}, ${name}, whole daemon`, of(index, 'daemon'), 'us of CPU'),
  ]);
}

/** Opens of a known file while a user serves a filesystem somewhere, by turns with opens while none does. */
async function beside({ rounds }: CallsOptions, fresh: Fresh): Promise<BenchLine[]> {
  const [warm, step] = [20_000, 2000];
  const marks = [warm, ...Array.from({ length: 2 * rounds }, (_, index) => warm + (index + 1) * step)];
  const [, ...found] = await fresh(async (inside) => {
    let unmount: (() => Promise<void>) | undefined;
    try {
      return await stretches(inside, 'open', marks, async (stretch) => {
        await unmount?.();
        unmount = stretch > 0 && stretch % 2 === 0 ? await mounted() : undefined;
      });
    } finally {
      await unmount?.();
    }
  });
  const cost = (odd: number): number[] => found.filter((_, index) => index % 2 === odd).map(({ daemon }) => daemon);
  const [without, within] = [cost(0), cost(1)];
  const ratios = within.map((value, index) => value / (without[index] ?? Number.NaN));
  return [
    line("open of a known file, a user's filesystem somewhere", median(within), 'us of CPU', {
      ratio: median(ratios),
      spread: [Math.min(...ratios), Math.max(...ratios)],
      against: 'none',
    }),
  ];
}

/** @returns how to take it away again. */
async function mounted(): Promise<() => Promise<void>> {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-calls-'));
  const server = spawn('python3', [path.join(import.meta.dirname, 'users-filesystem.py'), directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  await Promise.race([once(server.stdout, 'data'), ended.then(() => Promise.reject(new Error('no mount')))]);
  return async () => {
    server.stdin.end();
    await ended;
    rmSync(directory, { recursive: true });
  };
}

/** What dbus-daemon does for each message. */
async function messages({ rounds }: CallsOptions, fresh: Fresh): Promise<BenchLine[]> {
  const all = await repeated(rounds, () =>
    fresh(async (inside, outside) => {
      const [there] = await stretches(outside, 'fdinfo', [MESSAGES]);
      const [here] = await stretches(inside, 'fdinfo', [MESSAGES]);
      return [here?.wall ?? Number.NaN, there?.wall ?? Number.NaN] as const;
    }),
  );
  const ratios = all.map(([here, there]) => here / there);
  return [
    line(
      `${MESSAGES} times open, fstatfs, read of /proc/self/fdinfo`,
      (median(all.map(([here]) => here)) * MESSAGES) / 1e6,
      's',
      {
        ratio: median(ratios),
        spread: [Math.min(...ratios), Math.max(...ratios)],
        against: 'outside',
      },
    ),
  ];
}

async function labels({ labels: most = LABELS }: CallsOptions, fresh: Fresh): Promise<BenchLine[]> {
  const marks = [100, 1000, most];
  const [first, , rest] = await fresh((inside) => stretches(inside, 'label', marks));
  return [
    line('label of a file, first 100, whole daemon', first?.daemon ?? Number.NaN, 'us of CPU'),
    line('label of a file, from 1000 on, whole daemon', rest?.daemon ?? Number.NaN, 'us of CPU'),
    line(`labels of ${LABELS} files`, ((rest?.wall ?? Number.NaN) * LABELS) / 1e6, 's'),
  ];
}
