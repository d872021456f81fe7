/** User-mode Linux as a host for worlds: one processor, and each system call takes longer. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findUml, umlEnvironment } from '../conformance/kernel/uml.ts';
import { runInBox } from '../support/box.ts';
import { inOutputFolder } from './guest.ts';
import type { Host, HostResult } from './host.ts';

const TIMEOUT_MS = 3_600_000;
/** How many times as long everything may take. */
const SLOWNESS = 5;
/** Debian builds them as modules of their own; each after those that it needs. */
const KERNEL_MODULES = [
  'fs/fuse/fuse',
  'fs/overlayfs/overlay',
  'drivers/block/loop',
  'net/unix/unix_diag',
  'net/netlink/netlink_diag',
];

/** @param files - test files, relative to the checkout. */
export async function runOnUml(host: Host, files: readonly string[]): Promise<HostResult> {
  const kernel = findUml();
  if (kernel === undefined) throw new Error('no User-mode Linux kernel: apt-get install user-mode-linux');
  const lsm = host.module === 'audit' ? 'capability' : `capability,${host.module}`;
  const work = mkdtempSync(path.join(tmpdir(), 'lsmfs-uml-'));
  try {
    mkdirSync(path.join(work, 'uml'));
    const kernelModules = KERNEL_MODULES.map((name) => `/usr/lib/uml/modules/*/kernel/${name}.ko`);
    return await inOutputFolder(host, { files, slowness: SLOWNESS, kernelModules, script: 'guest-uml.sh' }, (out) => {
      const argv = [
        ...[kernel, 'mem=3072M', 'root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'ro', 'quiet'],
        ...['umid=guest', `uml_dir=${work}/uml/`, `lsm=${lsm}`, `GUEST_OUT=${out}`],
        ...[`init=${path.join(out, 'guest-main.sh')}`, 'con=null', 'con0=null,fd:1', 'con1=null'],
      ];
      return runInBox(argv, { timeoutMs: TIMEOUT_MS, env: umlEnvironment(work) });
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
