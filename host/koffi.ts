/**
 * koffi, loaded from its binary alone. Its own loader looks into Node's program for the C library in use, resolves some ten modules
 * and wraps functions with warnings about old names: 6 to 9 ms, once in each thread, where the binary takes one.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

type Koffi = typeof import('koffi');

const load = createRequire(import.meta.url);

function loadKoffi(): Koffi {
  try {
    // A binary for glibc must not get into a process with another C library.
    if (/\/libc\.so\.6$/m.test(readFileSync('/proc/self/maps', 'latin1'))) {
      return load(`@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`) as Koffi;
    }
  } catch {
    // No /proc, or a binary that lies elsewhere.
  }
  try {
    return load('koffi') as Koffi;
  } catch (error) {
    throw new Error(
      `The native library koffi does not load on ${process.arch}: run \`npm install\` in the directory of lsmfs, on x86-64 or arm64.`,
      { cause: error },
    );
  }
}

export const koffi = loadKoffi();
