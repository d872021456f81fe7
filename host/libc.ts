/**
 * The C library and raw system calls, through koffi.
 *
 * Model: every function answers like the kernel does, not like libc: a result >= 0, or the negative error number. Nothing throws except
 * a wrong argument type (a bug). Calls run on the JavaScript thread that makes them, so per-thread state (mount namespace, seccomp filter,
 * signal mask) is that of the caller; worker threads load their own copy of this module.
 */

import { type SyscallName, syscallNumbers } from '../linux/syscall-numbers.ts';
import { koffi } from './koffi.ts';

/** `string[]` is passed as `char **` and must end with null. Buffers are passed by address and may be written by the call. */
export type CArgument = number | bigint | string | Uint8Array | null | readonly (string | null)[];
/** >= 0 or a negative errno. */
export type CFunction = (...args: CArgument[]) => number;

/** Parameter types of koffi used here: `int`, `uint`, `long`, `ulong`, `size_t`, `uint64`, `str`, `void *`, `char **`. */
export type CType = string;

/** The process itself: whichever C library Node was linked with, glibc or musl. The only place where it is opened. */
export const libc = koffi.load(null);

/** Numbers for this machine. */
export const NR = syscallNumbers(process.arch);

function negativeErrno(call: CFunction): CFunction {
  return (...args) => {
    const result = Number(call(...args));
    return result < 0 ? -koffi.errno() : result;
  };
}

/** A function of libc that returns -1 and sets errno on failure. */
export function libcFunction(name: string, parameters: readonly CType[], result: CType = 'int'): CFunction {
  return negativeErrno(libc.func(name, result, [...parameters]));
}

/** A system call by name, for those that libc does not wrap everywhere. */
export function systemCall(name: SyscallName, parameters: readonly CType[]): CFunction {
  const call = libc.func('syscall', 'long', ['long', ...parameters]) as CFunction;
  const number = NR[name];
  return negativeErrno((...args) => call(number, ...args));
}

const strerror = libc.func('strerror', 'str', ['int']) as (errno: number) => string;

/** `No such file or directory`, as the C library words it. Takes either sign. */
export function errorText(errno: number): string {
  return strerror(Math.abs(errno));
}
