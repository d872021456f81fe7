/**
 * Debian's own kernel in QEMU without hardware help (TCG): slower than User-mode Linux, but with the modules that one lacks (IMA, EVM,
 * lockdown, IPE, Landlock, BPF) and with two processors.
 */
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BoxResult, runInBox } from '../../support/box.ts';
import type { Scenario } from '../scenario.ts';
import { type KernelImages, kernelImages } from './images.ts';
import { KernelError, type KernelRun, lastLines, reachedEnd } from './run.ts';

const PROGRAM = 'qemu-system-x86_64';
const MEMORY_MB = 2048;
/** Emulated processors, everywhere the same. */
const EMULATED = ['-accel', 'tcg,thread=multi', '-cpu', 'max'];
const NATIVE = ['-accel', 'kvm', '-cpu', 'host'];

/** True where the guest can have the machine's own processors. /dev/kvm alone does not say so: it may be for changed kernels only. */
export function processorsAreNative(): boolean {
  return existsSync('/dev/kvm') && /^flags\b.* (svm|vmx)\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
}

export interface QemuOptions {
  readonly timeoutMs: number;
  readonly probe: string;
}

function sharedFolder(folder: string, tag: string, more: string): string {
  return `local,path=${folder},mount_tag=${tag},security_model=passthrough${more}`;
}

export interface BootOptions {
  readonly timeoutMs: number;
  readonly images: KernelImages;
  /** Folder that the guest has as /out. The guest runs guest-main.sh in it. */
  readonly out: string;
  readonly parameters: readonly string[];
  readonly memoryMb: number;
  /** Banks of its TPM; absent = it has none. */
  readonly tpm?: string | undefined;
  /** With the machine's own processors; otherwise they are emulated. */
  readonly native: boolean;
}

/** Boots Debian's kernel on this machine's root folder and waits until it is off. */
export function bootQemu({ images, out, ...options }: BootOptions): Promise<BoxResult> {
  if (!programExists()) throw new KernelError(`no ${PROGRAM}: apt-get install qemu-system-x86`);
  const argv = [
    ...[PROGRAM, ...(options.native ? NATIVE : EMULATED), '-smp', '2', '-m', String(options.memoryMb)],
    ...['-nographic', '-no-reboot', '-kernel', images.vmlinuz, '-initrd', images.initrd],
    ...['-virtfs', sharedFolder('/', 'host', ',readonly=on,multidevs=remap')],
    ...['-virtfs', sharedFolder(out, 'out', '')],
    ...['-append', ['console=ttyS0 quiet panic=-1', ...options.parameters].join(' ')],
  ];
  return runInBox(options.tpm === undefined ? argv : withTpm(options.tpm, argv), { timeoutMs: options.timeoutMs });
}

/** Of swtpm, which ends with the connection of QEMU. Its state is in a folder that a new mount namespace covers. */
function withTpm(banks: string, argv: readonly string[]): string[] {
  const prepare = `mount -t tmpfs none /mnt && mkdir /mnt/tpm &&
    swtpm_setup --tpm2 --tpmstate /mnt/tpm --pcr-banks "$0" --not-overwrite >/mnt/log || { cat /mnt/log >&2; exit 1; }
    swtpm socket --tpm2 --tpmstate dir=/mnt/tpm --ctrl type=unixio,path=/mnt/tpm/socket --daemon --terminate && exec "$@"`;
  const device = ['-chardev', 'socket,id=tpm,path=/mnt/tpm/socket', '-tpmdev', 'emulator,id=tpm0,chardev=tpm'];
  const machine = [...argv, ...device, '-device', 'tpm-tis,tpmdev=tpm0'];
  return ['unshare', '--mount', '--propagation=private', '--', 'sh', '-c', prepare, banks, ...machine];
}

function programExists(): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(path.join(folder, PROGRAM)));
}

export async function runInQemu(scenario: Scenario, options: QemuOptions): Promise<KernelRun> {
  const images = await kernelImages();
  const out = mkdtempSync(path.join(tmpdir(), 'lsmfs-qemu-'));
  try {
    mkdirSync(path.join(out, 'scenarios'));
    cpSync(options.probe, path.join(out, 'probe'), { recursive: true });
    copyFileSync(scenario.file, path.join(out, 'scenarios', path.basename(scenario.file)));
    const data = path.join(path.dirname(scenario.file), 'data');
    if (existsSync(data)) cpSync(data, path.join(out, 'scenarios/data'), { recursive: true });
    copyFileSync(path.join(import.meta.dirname, 'guest-main.sh'), path.join(out, 'guest-main.sh'));
    const parameters = [
      ...(scenario.lsm === null ? [] : [`lsm=${scenario.lsm}`]),
      ...scenario.bootParameters,
      `GUEST_FILE=${path.basename(scenario.file)}`,
    ];
    const { timeoutMs } = options;
    const box = await bootQemu({
      timeoutMs,
      images,
      out,
      parameters,
      memoryMb: MEMORY_MB,
      native: false,
      tpm: scenario.tpm,
    });
    const read = (name: string) => {
      const file = path.join(out, name);
      return existsSync(file) ? readFileSync(file, 'utf8') : '';
    };
    const outcomes = read('out.jsonl');
    if (!reachedEnd(outcomes)) {
      const why = box.timedOut ? `did not finish within ${timeoutMs} ms` : 'ended early';
      const said = lastLines(box.stdout + box.stderr + read('errors') + outcomes, 5);
      throw new KernelError(`${scenario.name}: QEMU ${why}; last lines:\n${said}`);
    }
    return { kernel: read('kernel').trim(), outcomes };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
