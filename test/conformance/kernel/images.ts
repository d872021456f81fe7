/**
 * The kernel, its modules and an initial ram disk for QEMU, made from Debian packages that are downloaded but not installed, and kept in a
 * cache folder: $LSMFS_KERNELS, or lsmfs/kernels in the user's cache.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { runInBox } from '../../support/box.ts';
import { KernelError, lastLines } from './run.ts';

/** Needed to reach the host's root folder; Debian builds them as modules. Each after those that it needs. */
const BOOT_MODULES = ['netfs', '9pnet', '9pnet_virtio', '9p', 'overlay'];
/** What a running system would load when it is asked for: of worlds and of their tests. */
export const LATER_MODULES = [
  ...['loop', 'crc16', 'mbcache', 'jbd2', 'crc32c_generic', 'libcrc32c', 'ext4'],
  ...['unix_diag', 'inet_diag', 'tcp_diag', 'udp_diag', 'raw_diag', 'netlink_diag', 'af_packet_diag'],
];
const DOWNLOAD_MS = 300_000;

export interface KernelImages {
  readonly vmlinuz: string;
  readonly initrd: string;
  /** Folder with NAME.ko for each of LATER_MODULES. */
  readonly modules: string;
}

function cacheFolder(): string {
  const cache = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
  return process.env.LSMFS_KERNELS ?? path.join(cache, 'lsmfs/kernels');
}

async function shell(script: string, cwd: string): Promise<string> {
  const box = await runInBox(['/bin/sh', '-ec', script], { timeoutMs: DOWNLOAD_MS, cwd });
  if (box.status === 0) return box.stdout;
  throw new KernelError(`preparing a kernel failed: ${script}\n${lastLines(box.stderr, 5)}`);
}

/** The package that linux-image-amd64 stands for today. */
async function kernelPackage(cwd: string): Promise<string> {
  const depends = await shell('apt-cache depends linux-image-amd64', cwd);
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) throw new KernelError('apt knows no linux-image-amd64; run apt-get update');
  return name;
}

function findFile(folder: string, matches: (name: string) => boolean): string {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => matches(path.basename(name)));
  if (found === undefined) throw new KernelError(`a kernel package lacks a file that was expected under ${folder}`);
  return path.join(folder, found);
}

/** Unpacks a kernel module of the package into a folder. */
async function unpackModule(tree: string, name: string, folder: string): Promise<void> {
  const packed = findFile(tree, (file) => file.startsWith(`${name}.ko`));
  const unpack = packed.endsWith('.xz') ? 'xz -dc' : packed.endsWith('.zst') ? 'zstd -qdc' : 'cat';
  await shell(`${unpack} '${packed}' > '${name}.ko.new' && mv '${name}.ko.new' '${name}.ko'`, folder);
}

async function build(work: string, target: KernelImages): Promise<void> {
  const name = await kernelPackage(work);
  await shell(`apt-get download ${name} busybox-static && for file in *.deb; do dpkg-deb -x "$file" tree; done`, work);
  const tree = path.join(work, 'tree');
  const ram = path.join(work, 'ram');
  mkdirSync(path.join(ram, 'bin'), { recursive: true });
  mkdirSync(path.join(ram, 'modules'));
  copyFileSync(
    findFile(tree, (file) => file === 'busybox'),
    path.join(ram, 'bin/busybox'),
  );
  copyFileSync(path.join(import.meta.dirname, 'guest-initrd.sh'), path.join(ram, 'init'));
  for (const name of BOOT_MODULES) await unpackModule(tree, name, path.join(ram, 'modules'));
  await shell('chmod 755 ram/init ram/bin/busybox', work);
  await shell('cd ram && find . | bin/busybox cpio -o -H newc 2>/dev/null | gzip -9n > ../initrd.gz', work);
  mkdirSync(target.modules, { recursive: true });
  for (const name of LATER_MODULES) await unpackModule(tree, name, target.modules);
  // The kernel goes last: a vmlinuz in the cache means that all is there.
  for (const [from, to] of [
    [path.join(work, 'initrd.gz'), target.initrd],
    [findFile(tree, (file) => file.startsWith('vmlinuz-')), target.vmlinuz],
  ] as const) {
    copyFileSync(from, `${to}.new`);
    renameSync(`${to}.new`, to);
  }
}

/** Downloads on first use. */
export async function kernelImages(): Promise<KernelImages> {
  const folder = cacheFolder();
  const images = {
    vmlinuz: path.join(folder, 'vmlinuz'),
    initrd: path.join(folder, 'initrd.gz'),
    modules: path.join(folder, 'modules'),
  };
  const modules = LATER_MODULES.map((name) => path.join(images.modules, `${name}.ko`));
  if ([images.vmlinuz, images.initrd, ...modules].every((file) => existsSync(file))) return images;
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(path.join(tmpdir(), 'lsmfs-kernel-'));
  try {
    await build(work, images);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return images;
}
