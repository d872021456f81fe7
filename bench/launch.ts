/**
 * What a start costs, as whole processes: the first `lsmfs run -- true`, later ones, which take a world that the run before has left, and
 * `lsmfs exec`; beside them `node -e 0`, and a User-mode Linux kernel that boots, mounts selinuxfs, runs the same command and halts.
 * They take turns, so a slow moment of the machine hits all; a ratio is the median of the rounds. A later run begins when the world
 * that waits for it is there, but for the row that says otherwise.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from './statistics.ts';

interface Comparison {
  readonly against: string;
  /** Median, and smallest and largest of the rounds. */
  readonly ratio: number;
  readonly spread: readonly [number, number];
}

export interface LaunchRow extends Partial<Comparison> {
  readonly what: string;
  readonly milliseconds: number;
}

const LSMFS = path.resolve(import.meta.dirname, '../bin/lsmfs');
const KERNEL = '/usr/bin/linux.uml';
const LIMIT_MS = 60_000;
const LOOK_MS = 10;

const GUEST = `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t selinuxfs selinuxfs /sys/fs/selinux
true
/sbin/halt -f || /sbin/poweroff -f || echo o >/proc/sysrq-trigger
`;

/** What Node is told to do at its start (read certificates, say) by the environment of whoever measures is not our cost. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(?:NODE_|LSMFS_|CI$)/.test(name)),
);

/** @returns milliseconds. */
function timed(command: string, argv: readonly string[], { expectSuccess = true, env = environment } = {}): number {
  const start = process.hrtime.bigint();
  const result = spawnSync(command, argv, {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: LIMIT_MS,
    encoding: 'utf8',
    env,
  });
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  if (result.error !== undefined) throw result.error;
  if (expectSuccess && result.status !== 0) throw new Error(`${command} ended with ${result.status}: ${result.stderr}`);
  return milliseconds;
}

/** Starts of one kind, in a state directory of their own. */
class Starts {
  readonly #state: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly first: number[] = [];
  readonly later: number[] = [];
  readonly #run = ['run', '--', 'true'];

  /** @param options of LSMFS_* variables. */
  constructor(directory: string, name: string, options: NodeJS.ProcessEnv) {
    this.#state = path.join(directory, name);
    mkdirSync(this.#state, { mode: 0o700 });
    this.#env = { ...environment, ...options, LSMFS_STATE_DIR: this.#state };
  }

  begin(): void {
    timed(LSMFS, this.#run, { env: this.#env });
  }

  measureFirst(): void {
    // A world with a name of its own is none that waits.
    this.first.push(timed(LSMFS, ['run', '--no-standby', '--name=first', '--', 'true'], { env: this.#env }));
  }

  async measureLater(): Promise<void> {
    const limit = Date.now() + LIMIT_MS;
    while (!this.#waits()) {
      if (Date.now() > limit) throw new Error('no world waits for the next run');
      await sleep(LOOK_MS);
    }
    this.later.push(timed(LSMFS, this.#run, { env: this.#env }));
  }

  #waits(): boolean {
    return readdirSync(this.#state).some((world) => existsSync(path.join(this.#state, world, 'standby')));
  }

  /** @returns milliseconds for each of as many runs without a pause. */
  measureLoop(count: number): number {
    const start = performance.now();
    for (let run = 0; run < count; run++) this.begin();
    return (performance.now() - start) / count;
  }

  end(): void {
    timed(LSMFS, ['standby', '--off'], { env: this.#env });
  }
}

/** A round: each start once, one after the other. */
export async function runLaunchBench(rounds = 21): Promise<LaunchRow[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-launch-'));
  const bare = new Starts(directory, 'bare', { LSMFS_POLICY: 'none', LSMFS_CONTEXT: 'kernel' });
  const loaded = new Starts(directory, 'loaded', {});
  const of = { env: { ...environment, LSMFS_STATE_DIR: directory } };
  try {
    const boot = existsSync(KERNEL) ? bootOptions(directory) : undefined;
    const [node, exec, kernel]: [number[], number[], number[]] = [[], [], []];
    for (const starts of [bare, loaded]) starts.begin();
    timed(LSMFS, ['run', '--detach', '--name=entered', '--no-standby', '--', 'sleep', '1000'], of);
    for (let round = 0; round < rounds; round++) {
      node.push(timed(process.execPath, ['-e', '0']));
      for (const starts of [bare, loaded]) {
        starts.measureFirst();
        await starts.measureLater();
      }
      exec.push(timed(LSMFS, ['exec', 'entered', 'true'], of));
      if (boot !== undefined) kernel.push(timed(KERNEL, boot, { expectSuccess: false }));
    }
    const row = (what: string, times: readonly number[]): LaunchRow => ({
      what,
      milliseconds: median(times),
      ...against('node -e 0', times, node),
    });
    const rows: LaunchRow[] = [
      { what: 'node -e 0', milliseconds: median(node) },
      row('lsmfs run -- true, the first', loaded.first),
      row('lsmfs run -- true, later', loaded.later),
      row('lsmfs run -- true, the first, without a policy', bare.first),
      row('lsmfs run -- true, later, without a policy', bare.later),
      row('lsmfs exec NAME true', exec),
      { what: 'lsmfs run -- true, in a loop without a pause', milliseconds: loaded.measureLoop(rounds) },
    ];
    if (boot === undefined) return rows;
    return [
      ...rows,
      {
        what: 'lsmfs run -- true, the first, beside a kernel',
        milliseconds: median(loaded.first),
        ...against('kernel boot', loaded.first, kernel),
      },
      { what: 'boot of User-mode Linux, true, halt', milliseconds: median(kernel) },
    ];
  } finally {
    for (const starts of [bare, loaded]) starts.end();
    timed(LSMFS, ['stop', 'entered'], { ...of, expectSuccess: false });
    rmSync(directory, { recursive: true, force: true });
  }
}

function against(yardstick: string, ours: readonly number[], theirs: readonly number[]): Comparison {
  const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
  return { against: yardstick, ratio: median(ratios), spread: [Math.min(...ratios), Math.max(...ratios)] };
}

function bootOptions(directory: string): readonly string[] {
  const init = path.join(directory, 'init');
  writeFileSync(init, GUEST);
  chmodSync(init, 0o755);
  return [
    'mem=256M',
    'root=/dev/root',
    'rootfstype=hostfs',
    'rootflags=/',
    'ro',
    'quiet',
    'lsm=selinux',
    `init=${init}`,
    `uml_dir=${directory}/`,
    'con=null',
  ];
}
