/**
 * Debian's own kernel in QEMU as a host for worlds; with the machine's processors minutes, with emulated ones ten to
 * twenty times as long.
 */
import path from 'node:path';
import { kernelImages, LATER_MODULES } from '../conformance/kernel/images.ts';
import { bootQemu, processorsAreNative } from '../conformance/kernel/qemu.ts';
import { inOutputFolder } from './guest.ts';
import type { Host, HostResult } from './host.ts';

const TIMEOUT_MS = 1_800_000;
const MEMORY_MB = 4096;
/** How many times as long everything may take with emulated processors. */
const EMULATED = 20;

/** @param files - test files, relative to the checkout. */
export async function runOnDebian(host: Host, files: readonly string[]): Promise<HostResult> {
  const images = await kernelImages();
  const native = processorsAreNative();
  const slowness = native ? 1 : EMULATED;
  const kernelModules = LATER_MODULES.map((name) => path.join(images.modules, `${name}.ko`));
  return inOutputFolder(host, { files, slowness, kernelModules, script: 'guest-debian.sh' }, (out) =>
    bootQemu({
      ...{ images, out, native, timeoutMs: TIMEOUT_MS * slowness, memoryMb: MEMORY_MB },
      // One of those that exclude each other; the others are Debian's.
      parameters: [`security=${host.module}`],
    }),
  );
}
