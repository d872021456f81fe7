/**
 * koffi, of which its binaries alone are installed, a package for each kind of processor, with one for each C library. Its own
 * loader looks into Node's program for the C library in use, resolves some ten modules and wraps functions with warnings about old
 * names: 6 to 9 ms, once in each thread, where the binary takes one. It also has an install script.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

type Koffi = typeof import('koffi');

const load = createRequire(import.meta.url);

function loadKoffi(): Koffi {
  const binary = `${clibrary()}_${process.arch}`;
  try {
    return load(`@koromix/koffi-linux-${process.arch}/${binary}/koffi.node`) as Koffi;
  } catch (error) {
    throw new Error(
      `The native library koffi does not load on ${process.arch}: run \`npm install\` in the directory of lsmfs, on x86-64 or arm64.`,
      { cause: error },
    );
  }
}

/** A binary for glibc must not get into a process with another C library; without a /proc to tell, it is taken for glibc's. */
function clibrary(): 'linux' | 'musl' {
  try {
    return /\/libc\.so\.6$/m.test(readFileSync('/proc/self/maps', 'latin1')) ? 'linux' : 'musl';
  } catch {
    return 'linux';
  }
}

export const koffi = loadKoffi();
