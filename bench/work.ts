/**
 * Real work, outside and in worlds of several kinds: seconds of wall time that a shell measures around the work alone, without the start of
 * the world. Settings take turns in every round, so that a slow moment of the machine hits all; a ratio is the median
 * of the rounds' ratios, and its spread is their range.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeProject } from './mediation/project.ts';
import { median } from './statistics.ts';

export interface WorkRow {
  readonly work: string;
  readonly setting: string;
  readonly seconds: number;
  /** To the same work outside: median, smallest, largest of the rounds. */
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
}

const root = path.resolve(import.meta.dirname, '..');
const LSMFS = path.join(root, 'bin/lsmfs');
/** A tmpfs on every Linux system. */
const SHARED_MEMORY = '/dev/shm';
const FILES = 5000;
const PROGRAMS = 100;
const PROCESSES = 500;
const LIMIT_MS = 300_000;

export interface Setting {
  readonly name: string;
  /** Options of `lsmfs run`; absent = outside. */
  readonly run?: readonly string[];
  /** Outside: what the command is put behind. */
  readonly behind?: readonly string[];
  /** Before the work, inside. */
  readonly before?: string;
}

const SELINUX = ['--lsm=selinux', '--no-mediation'];
const SETTINGS: readonly Setting[] = [
  { name: 'outside' },
  { name: 'no policy', run: SELINUX },
  { name: 'permissive', run: SELINUX, before: 'load_policy' },
  { name: 'enforcing', run: SELINUX, before: 'load_policy; echo 1 > /sys/fs/selinux/enforce' },
  { name: 'apparmor', run: ['--lsm=apparmor', '--no-mediation'] },
];

/** Shell commands, in a folder of their own; `$M` is the folder with the material. */
export interface Work {
  readonly name: string;
  readonly command: string;
  readonly undo: string;
}

export const WORK: readonly Work[] = [
  { name: `tar x of ${FILES} files`, command: 'tar xf $M/files.tar', undo: 'rm -rf files' },
  { name: `git clone of ${FILES} files`, command: 'git clone -q $M/repository clone', undo: 'rm -rf clone' },
  { name: 'git status', command: 'git -C $M/repository status --short', undo: 'true' },
  { name: `make -j2 of ${PROGRAMS} C files`, command: 'make -s -j2 -f $M/source/Makefile', undo: 'rm -f *.o' },
  { name: 'find /usr', command: 'find /usr -newer $M/files.tar', undo: 'true' },
  { name: `grep -r over ${FILES} files`, command: 'grep -r no-such-word $M/repository/files || true', undo: 'true' },
  {
    name: `fork+exec x ${PROCESSES}`,
    command: `i=0; while [ $i -lt ${PROCESSES} ]; do /bin/true; i=$((i+1)); done`,
    undo: 'true',
  },
];

/** @param rounds each does every work in every setting, of which the first one is outside. */
export function runWorkBench(
  rounds: number,
  progress: (line: string) => void,
  {
    settings = SETTINGS,
    works = WORK,
  }: { readonly settings?: readonly Setting[]; readonly works?: readonly Work[] } = {},
): WorkRow[] {
  const folder = mkdtempSync(path.join(SHARED_MEMORY, 'lsmfs-bench-'));
  try {
    makeMaterial(folder);
    const place = path.join(folder, 'work');
    mkdirSync(place);
    const seconds = new Map<string, number[]>();
    // What is on the disk is read once before anything is measured.
    execFileSync('sh', ['-c', 'find /usr -newer . >/dev/null'], { cwd: place });
    for (let round = 0; round < rounds; round++) {
      for (const { name, command, undo } of works) {
        progress(`round ${round + 1} of ${rounds}: ${name}`);
        for (const setting of settings) {
          const key = `${name}/${setting.name}`;
          seconds.set(key, [...(seconds.get(key) ?? []), timed(setting, command, place, folder)]);
          execFileSync('sh', ['-c', undo], { cwd: place });
        }
      }
    }
    return works.flatMap(({ name }) => settings.map((setting) => row(name, setting.name, seconds)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function row(work: string, setting: string, seconds: ReadonlyMap<string, readonly number[]>): WorkRow {
  const outside = seconds.get(`${work}/outside`) ?? [];
  const inside = seconds.get(`${work}/${setting}`) ?? [];
  const ratios = inside.map((value, round) => value / (outside[round] ?? Number.NaN));
  return {
    work,
    setting,
    seconds: median(inside),
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
  };
}

/** Seconds that the command took. */
function timed({ run, behind = [], before = 'true' }: Setting, command: string, cwd: string, material: string): number {
  const script = `${before}; a=$(date +%s%N); { ${command}; } >/dev/null; status=$?; b=$(date +%s%N); echo $((b-a)) $status`;
  const argv = ['sh', '-c', script];
  const [program = '', ...rest] = run === undefined ? [...behind, ...argv] : [LSMFS, 'run', ...run, '--', ...argv];
  const text = execFileSync(program, rest, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, M: material },
    timeout: LIMIT_MS,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [nanoseconds, status] = (text.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  if (nanoseconds === undefined || status !== 0) throw new Error(`'${command}' ended with ${status}`);
  return nanoseconds / 1e9;
}

/** An archive and a repository of small files in 50 folders, and C files that need something to do. */
function makeMaterial(folder: string): void {
  const files = path.join(folder, 'repository/files');
  for (let i = 0; i < FILES; i++) {
    const directory = path.join(files, `d${i % 50}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, `f${i}`), `${`line of file ${i}\n`.repeat(20)}`);
  }
  makeProject(path.join(folder, 'project'));
  const source = path.join(folder, 'source');
  mkdirSync(source);
  for (let i = 0; i < PROGRAMS; i++) {
    writeFileSync(
      path.join(source, `p${i}.c`),
      `#include <stdio.h>\nint f${i}(int x) { return printf("%d", x * ${i}); }\n`,
    );
  }
  const objects = Array.from({ length: PROGRAMS }, (_, i) => `p${i}.o`).join(' ');
  writeFileSync(path.join(source, 'Makefile'), `all: ${objects}\n%.o: ${source}/%.c\n\tcc -c -o $@ $<\n`);
  const git = (...argv: string[]): void => {
    execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...argv], {
      cwd: path.join(folder, 'repository'),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  };
  git('init', '-q', '.');
  git('add', '.');
  git('commit', '-q', '-m', 'files');
  execFileSync('tar', ['cf', path.join(folder, 'files.tar'), '-C', path.join(folder, 'repository'), 'files']);
}
