/**
 * What a start costs: `lsmfs run -- true` as a whole process, alone and with a world on standby; beside it `node -e 0`, and
 * a User-mode Linux
 * kernel that boots, mounts selinuxfs, runs the same command and halts. They take turns, so a slow moment of the machine hits all; a
 * ratio is the median of the rounds.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
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

const root = path.resolve(import.meta.dirname, '..');
const KERNEL = '/usr/bin/linux.uml';

const GUEST = `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t selinuxfs selinuxfs /sys/fs/selinux
true
/sbin/halt -f || /sbin/poweroff -f || echo o >/proc/sysrq-trigger
`;

/** What Node is told to do at its start (read certificates, say) by the environment of whoever measures is not our cost. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_')));

function timed(command: string, argv: readonly string[], expectSuccess: boolean): number {
  const start = process.hrtime.bigint();
  const result = spawnSync(command, argv, {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 60_000,
    encoding: 'utf8',
    env: environment,
  });
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  if (result.error !== undefined) throw result.error;
  if (expectSuccess && result.status !== 0) throw new Error(`${command} ended with ${result.status}: ${result.stderr}`);
  return milliseconds;
}

/** A round: each start once, one after the other. */
export function runLaunchBench(rounds = 10): LaunchRow[] {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-launch-'));
  const lsmfs = path.join(root, 'bin/lsmfs');
  const run = ['run', '--lsm=selinux', '--', 'true'];
  try {
    const boot = existsSync(KERNEL) ? bootOptions(directory) : undefined;
    const [node, start, taken, kernel]: [number[], number[], number[], number[]] = [[], [], [], []];
    timed(lsmfs, run, true);
    for (let round = 0; round < rounds; round++) {
      node.push(timed(process.execPath, ['-e', '0'], true));
      start.push(timed(lsmfs, run, true));
      timed(lsmfs, ['standby', '--lsm=selinux'], true);
      taken.push(timed(lsmfs, run, true));
      if (boot !== undefined) kernel.push(timed(KERNEL, boot, false));
    }
    const rows: LaunchRow[] = [
      { what: 'node -e 0', milliseconds: median(node) },
      { what: 'lsmfs run -- true', milliseconds: median(start), ...against('node -e 0', start, node) },
      { what: 'the same with a world on standby', milliseconds: median(taken), ...against('node -e 0', taken, node) },
    ];
    if (boot === undefined) return rows;
    return [
      ...rows,
      {
        what: 'lsmfs run -- true, beside a kernel',
        milliseconds: median(start),
        ...against('kernel boot', start, kernel),
      },
      { what: 'boot of User-mode Linux, true, halt', milliseconds: median(kernel) },
    ];
  } finally {
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
