/** The folder that a guest and we share: settings go in, results come out. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BoxResult } from '../support/box.ts';
import type { Host, HostResult } from './host.ts';
import { readResult } from './read-result.ts';

export interface GuestOptions {
  /** Test files, relative to the checkout. */
  readonly files: readonly string[];
  /** How many times as long everything may take. */
  readonly slowness: number;
  /** Files of kernel modules, in the order in which they are loaded; shell patterns. */
  readonly kernelModules: readonly string[];
  /** The guest's own script, beside this file. */
  readonly script: string;
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** @param boot - boots with that folder and waits for the end. */
export async function inOutputFolder(
  host: Host,
  options: GuestOptions,
  boot: (folder: string) => Promise<BoxResult>,
): Promise<HostResult> {
  const checkout = process.cwd();
  if (/^\/(?:(?:var\/)?tmp|run|srv)\//.test(checkout))
    throw new Error(`a guest does not see ${checkout}: it has folders of its own there`);
  const folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-host-'));
  try {
    const settings = {
      NODE: process.execPath,
      CHECKOUT: checkout,
      HOST: host.module,
      ENFORCING: host.enforcing ? '1' : '0',
      KERNEL_MODULES: options.kernelModules.join(' '),
      LSMFS_TEST_SLOWNESS: String(options.slowness),
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}\n`);
    writeFileSync(path.join(folder, 'settings'), lines.join(''));
    writeFileSync(path.join(folder, 'files'), options.files.map((file) => `${file}\n`).join(''));
    copyFileSync(path.join(import.meta.dirname, options.script), path.join(folder, 'guest-main.sh'));
    for (const name of ['guest-tests.sh', 'guest-run.sh']) {
      copyFileSync(path.join(import.meta.dirname, name), path.join(folder, name));
    }
    const box = await boot(folder);
    const read = (name: string) => {
      const file = path.join(folder, name);
      return existsSync(file) ? readFileSync(file, 'utf8') : '';
    };
    return readResult(host, { read, console: box.stdout + box.stderr });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
