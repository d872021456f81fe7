/**
 * User-mode Linux: a Linux kernel that is an ordinary program. It boots with the host's root folder as its own (read-only), runs the
 * probe as guest-init.sh says, and powers off: a second or two, no virtualisation needed. Debian package: user-mode-linux.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runInBox } from '../../support/box.ts';
import type { Scenario } from '../scenario.ts';
import { KernelError, type KernelRun, lastLines, reachedEnd } from './run.ts';

const MEMORY = '768M';
const HERE = import.meta.dirname;

export interface UmlOptions {
  readonly timeoutMs: number;
  readonly probe: string;
}

/** The kernel program: $LSMFS_UML, or linux.uml in PATH. */
export function findUml(): string | undefined {
  const named = process.env.LSMFS_UML;
  if (named !== undefined) return existsSync(named) ? named : undefined;
  const folders = (process.env.PATH ?? '').split(':');
  return folders.map((folder) => path.join(folder, 'linux.uml')).find((file) => existsSync(file));
}

/** What the kernel program needs in its environment. @param work - a folder for it; it outlives the kernel. */
export function umlEnvironment(work: string): Record<string, string> {
  mkdirSync(path.join(work, 'tmp'), { recursive: true });
  const environment = { TMPDIR: path.join(work, 'tmp') };
  if (!/^flags.* amx_tile\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'))) return environment;
  const library = path.join(work, 'registers.so');
  execFileSync('gcc', ['-O1', '-shared', '-fPIC', '-o', library, path.join(HERE, 'uml-registers.c')]);
  return { ...environment, LD_PRELOAD: library };
}

function fileText(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

export async function runInUml(scenario: Scenario, options: UmlOptions): Promise<KernelRun> {
  const kernel = findUml();
  if (kernel === undefined) throw new KernelError('no User-mode Linux kernel: apt-get install user-mode-linux');
  const work = mkdtempSync(path.join(tmpdir(), 'lsmfs-uml-'));
  try {
    for (const folder of ['out', 'uml']) mkdirSync(path.join(work, folder));
    const out = path.join(work, 'out');
    const argv = [
      kernel,
      `mem=${MEMORY}`,
      'root=/dev/root',
      'rootfstype=hostfs',
      'rootflags=/',
      'ro',
      'quiet',
      'umid=guest',
      `uml_dir=${work}/uml/`,
      ...(scenario.lsm === null ? [] : [`lsm=${scenario.lsm}`]),
      ...scenario.bootParameters,
      `GUEST_SCENARIOS=${path.dirname(scenario.file)}`,
      `GUEST_FILE=${path.basename(scenario.file)}`,
      `GUEST_PROBE=${options.probe}`,
      `GUEST_OUT=${out}`,
      `init=${path.join(HERE, 'guest-init.sh')}`,
      'con=null',
      'con0=null,fd:1',
      'con1=null',
    ];
    const box = await runInBox(argv, { timeoutMs: options.timeoutMs, env: umlEnvironment(work) });
    const outcomes = fileText(path.join(out, 'out.jsonl'));
    if (!reachedEnd(outcomes)) {
      const why = box.timedOut ? `did not finish within ${options.timeoutMs} ms` : 'ended early';
      const errors = fileText(path.join(out, 'errors'));
      throw new KernelError(
        `${scenario.name}: User-mode Linux ${why}; last lines:\n${lastLines(box.stdout + errors + outcomes, 5)}`,
      );
    }
    return { kernel: fileText(path.join(out, 'kernel')).trim(), outcomes };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
