/**
 * Worlds on hosts whose kernel runs the modules itself: boots User-mode Linux with each and looks whether a world leaves the labels of files alone.
 * Some ten seconds each; exit status 1 when an answer is another one.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findUml } from '../conformance/kernel/uml.ts';
import { runInBox } from '../support/box.ts';

const TIMEOUT_MS = 300_000;

interface Host {
  readonly module: string;
  readonly enforcing?: true;
  /** Labels: what the host stored, what the world takes an unlabelled file for, what the world sets. */
  readonly stored: string;
  readonly unlabelled: string;
  readonly set: string;
}

const SELINUX = {
  module: 'selinux',
  stored: 'system_u:object_r:shadow_t:s0',
  unlabelled: 'system_u:object_r:tmpfs_t:s0',
  set: 'system_u:object_r:etc_t:s0',
};
const HOSTS: readonly Host[] = [
  { module: 'smack', stored: 'Host', unlabelled: '_', set: 'World' },
  SELINUX,
  { ...SELINUX, enforcing: true },
];

/** @returns what the guest printed. */
async function boot(kernel: string, { module, enforcing }: Host): Promise<string> {
  const work = mkdtempSync(path.join(tmpdir(), 'lsmfs-host-'));
  try {
    for (const folder of ['out', 'tmp', 'uml']) mkdirSync(path.join(work, folder));
    const argv = [
      ...[kernel, 'mem=2048M', 'root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'ro', 'quiet'],
      ...['umid=guest', `uml_dir=${work}/uml/`, `lsm=capability,${module}`],
      ...[`GUEST_MODULE=${module}`, ...(enforcing ? ['GUEST_ENFORCING=1'] : []), `GUEST_OUT=${work}/out`],
      ...[`GUEST_NODE=${process.execPath}`, `GUEST_PROGRAM=${path.resolve('dist/lsmfs.js')}`],
      ...[`init=${path.join(import.meta.dirname, 'guest.sh')}`, 'con=null', 'con0=null,fd:1', 'con1=null'],
    ];
    const box = await runInBox(argv, { timeoutMs: TIMEOUT_MS, env: { TMPDIR: path.join(work, 'tmp') } });
    const output = path.join(work, 'out/output');
    return existsSync(output) ? readFileSync(output, 'utf8') : `the guest did not come so far:\n${box.stdout}`;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function isRight(output: string, { stored, unlabelled, set }: Host): boolean {
  const lines = output.trimEnd().split('\n');
  const before = lines.slice(0, 2);
  const after = lines.slice(-3);
  return (
    before[0] === `file ${stored}` &&
    lines.includes(`world: file ${unlabelled}`) &&
    lines.includes(`world: file ${set}`) &&
    lines.includes(`world: dir ${set}`) &&
    lines.includes('status 0') &&
    after.join() === [...before, 'same'].join()
  );
}

const kernel = findUml();
if (kernel === undefined) throw new Error('no User-mode Linux kernel: apt-get install user-mode-linux');
for (const host of HOSTS) {
  const output = await boot(kernel, host);
  const right = isRight(output, host);
  console.log(`${right ? 'ok  ' : 'FAIL'}  ${host.module}${host.enforcing ? ' enforcing' : ''}`);
  if (right) continue;
  console.log(output);
  process.exitCode = 1;
}
