/**
 * Many worlds at once: how long fifty starts at the same moment take, what fifty idle daemons cost, and a start among more and more worlds.
 * They have a state directory of their own.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Growth } from './growth.ts';
import { median } from './statistics.ts';

const LSMFS = path.resolve(import.meta.dirname, '../bin/lsmfs');
const TOGETHER = 50;
const IDLE_MS = 10_000;
const LIMIT_MS = 60_000;
const STARTS = 5;

export interface WorldsRow {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
}

export interface WorldsResult {
  readonly rows: readonly WorldsRow[];
  readonly growth: Growth;
}

/** @param sizes how many worlds there are; ascending. */
export async function runWorldsBench(sizes: readonly number[]): Promise<WorldsResult> {
  const state = mkdtempSync(path.join(tmpdir(), 'lsmfs-worlds-'));
  const env = { ...process.env, LSMFS_STATE_DIR: state };
  const commands: ChildProcess[] = [];
  const begin = (count: number): Promise<unknown> => {
    const started = Array.from({ length: count }, () => {
      const command = spawn(LSMFS, ['run', '--lsm=selinux', '--', 'sh', '-c', 'echo; exec sleep 1000'], {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      commands.push(command);
      return new Promise((resolve, reject) => {
        command.stdout.once('data', resolve);
        command.once('exit', () => reject(new Error('a world did not start')));
      });
    });
    return Promise.all(started);
  };
  try {
    const rows: WorldsRow[] = [];
    const points: [number, number][] = [];
    for (const size of [...new Set([...sizes, TOGETHER])].sort((a, b) => a - b)) {
      const before = performance.now();
      // Fifty are begun at once, whatever was there; the others ten at a time.
      if (size === TOGETHER) await stop(env, commands);
      const step = size === TOGETHER ? TOGETHER : 10;
      while (commands.length < size) await begin(Math.min(step, size - commands.length));
      if (size === TOGETHER) {
        rows.push({ what: `${TOGETHER} starts at once`, value: performance.now() - before, unit: 'ms' });
        rows.push(...(await idleCost(state)));
      }
      if (sizes.includes(size)) points.push([size, median(Array.from({ length: STARTS }, () => start(env)))]);
    }
    return { rows, growth: { what: 'worlds', operation: 'lsmfs run -- true', unit: 'ms', points } };
  } finally {
    await stop(env, commands);
    rmSync(state, { recursive: true, force: true });
  }
}

function start(env: NodeJS.ProcessEnv): number {
  const before = performance.now();
  const { status } = spawnSync(LSMFS, ['run', '--lsm=selinux', '--', 'true'], {
    env,
    stdio: 'ignore',
    timeout: LIMIT_MS,
  });
  if (status !== 0) throw new Error(`a start ended with ${status}`);
  return performance.now() - before;
}

async function stop(env: NodeJS.ProcessEnv, commands: ChildProcess[]): Promise<void> {
  if (commands.length === 0) return;
  execFileSync(LSMFS, ['stop', '--all', '--yes', '--time=0'], { env, stdio: 'ignore', timeout: LIMIT_MS });
  const ended = commands
    .splice(0)
    .map((command) =>
      command.exitCode !== null || command.signalCode !== null
        ? undefined
        : new Promise((resolve) => command.once('exit', resolve)),
    );
  await Promise.all(ended);
}

/** Of the daemons in a state directory. */
async function idleCost(state: string): Promise<WorldsRow[]> {
  const pids = readdirSync(state).map((name) => {
    const record = JSON.parse(readFileSync(path.join(state, name, 'world.json'), 'utf8')) as { owner: { pid: number } };
    return record.owner.pid;
  });
  await sleep(1000); // What a start leaves to do is done.
  const before = pids.map(cpuTime);
  await sleep(IDLE_MS);
  const after = pids.map(cpuTime);
  const used = (which: 0 | 1): number =>
    after.reduce((sum, times, at) => sum + times[which] - (before[at]?.[which] ?? Number.NaN), 0);
  const seconds = IDLE_MS / 1000;
  const among = `of ${pids.length} idle daemons`;
  return [
    { what: `CPU ${among}`, value: used(0) / 1e6 / seconds, unit: 'ms/s' },
    { what: `times that a thread ${among} ran`, value: used(1) / seconds, unit: '/s' },
    { what: `memory (PSS) ${among}, each`, value: median(pids.map(proportionalSize)), unit: 'KiB' },
  ];
}

/** Nanoseconds on a CPU, and how often: /proc/PID/task/TID/schedstat (Documentation/scheduler/sched-stats.rst). */
function cpuTime(pid: number): readonly [number, number] {
  let [time, slices] = [0, 0];
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    const [running = 0, , times = 0] = readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'latin1')
      .split(' ')
      .map(Number);
    time += running;
    slices += times;
  }
  return [time, slices];
}

function proportionalSize(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  return Number(/^Pss: +(\d+) kB$/m.exec(text)?.[1]);
}
