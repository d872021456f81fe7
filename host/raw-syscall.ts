/**
 * System calls with integer arguments only: numbers, descriptors, addresses of native memory. The cheapest way from JavaScript into the
 * kernel (0.2 us), for paths that run once per supervised system call.
 */
import { koffi } from './koffi.ts';
import { libc } from './libc.ts';

type SyscallFunction = (number: number, a: number, b: number, c: number, d: number, e: number, f: number) => number;

const call = libc.func('long syscall(long nr, long a, long b, long c, long d, long e, long f)') as SyscallFunction;

/** >= 0, or the negative errno. */
export function rawSyscall(number: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): number {
  const result = Number(call(number, a, b, c, d, e, f));
  return result < 0 ? -koffi.errno() : result;
}
