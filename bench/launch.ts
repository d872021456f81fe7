/**
 * What a start costs: `lsmfs run -- true` as a whole process, and a User-mode Linux kernel that boots, mounts
 * selinuxfs, runs the same command and halts. The two alternate, so a slow moment of the machine hits both; the ratio
 * is the median of the pairs.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { median } from './statistics.ts';

export interface LaunchRow {
  readonly what: string;
  readonly milliseconds: number;
  /** Relative to booting the kernel; absent for the kernel itself. */
  readonly ratio?: number;
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

export function runLaunchBench(pairs = 10): LaunchRow[] {
  const program = path.join(root, 'bin/lsmfs');
  const argv = ['run', '--lsm=selinux', '--', 'true'];
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-launch-'));
  try {
    const init = path.join(directory, 'init');
    writeFileSync(init, GUEST);
    chmodSync(init, 0o755);
    const boot = [
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
    const kernel = existsSync(KERNEL);
    const ours: number[] = [];
    const theirs: number[] = [];
    timed(program, argv, true);
    for (let pair = 0; pair < pairs; pair++) {
      ours.push(timed(program, argv, true));
      if (kernel) theirs.push(timed(KERNEL, boot, false));
    }
    const rows: LaunchRow[] = [];
    const ratios = theirs.flatMap((boot, pair) => (ours[pair] === undefined ? [] : [ours[pair] / boot]));
    rows.push({
      what: 'lsmfs run -- true',
      milliseconds: median(ours),
      ...(kernel ? { ratio: median(ratios) } : {}),
    });
    if (kernel) rows.push({ what: 'boot of User-mode Linux, true, halt', milliseconds: median(theirs) });
    return rows;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
