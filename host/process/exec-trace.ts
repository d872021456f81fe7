/**
 * Sets AT_SECURE of a program before its first instruction: ptrace(2).
 *
 * Model: a thread that waits in execve(2) is seized and interrupted. It stops when the program is there
 * (PTRACE_EVENT_EXEC), or, where that could not be executed, when it leaves the call; then it is let go. Its parent sees none of
 * that, and signals are passed on. The tracer is the thread that asks: whom it has seized goes on when it ends.
 * Interrupted while it waits for our answer a thread does not leave the call (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV).
 * Seizing waits for cred_guard_mutex, which another thread of the same process can hold as long as it likes, so only the one thread
 * of a process may be seized. /proc/<pid>/auxv goes on to show what the kernel said.
 */

import type { Tid } from '../../linux/ids.ts';
import {
  __WALL,
  AT_SECURE,
  PTRACE_DETACH,
  PTRACE_EVENT_EXEC,
  PTRACE_GETREGSET,
  PTRACE_INTERRUPT,
  PTRACE_O_TRACEEXEC,
  PTRACE_POKEDATA,
  PTRACE_SEIZE,
  WNOHANG,
} from '../../linux/process.ts';
import { NR } from '../libc.ts';
import { allocateNative } from '../memory/native-memory.ts';
import { rawSyscall } from '../raw-syscall.ts';
import { auxiliaryValue } from './auxiliary-vector.ts';

/** Type of ELF notes: the general registers. */
const NT_PRSTATUS = 1;
/** Size of the registers of a 64-bit program, and where among them the stack pointer is. */
const REGISTERS: Readonly<Record<string, { readonly size: number; readonly stack: number }>> = {
  x64: { size: 216, stack: 152 },
  arm64: { size: 272, stack: 248 },
};
/** Layout of the memory: struct iovec, another one, a status, then what is read. */
const REMOTE = 16;
const STATUS = 32;
const DATA = 64;
const DATA_SIZE = 4096;
/** WIFSTOPPED() */
const STOPPED = 0x7f;

/** `waits`: it is to be looked for again. `kept`: the program runs, and AT_SECURE is as it was. `none`: no program runs. */
export type Traced = 'waits' | 'set' | 'kept' | 'none';

/** Belongs to the thread that seizes first. */
export class ExecTrace {
  readonly #memory = allocateNative(DATA + DATA_SIZE);

  /** @param tid the one thread of a process, which waits in execve(2). @returns false = somebody traces it, or we may not. */
  seize(tid: Tid): boolean {
    if (rawSyscall(NR.ptrace, PTRACE_SEIZE, tid, 0, PTRACE_O_TRACEEXEC) < 0) return false;
    rawSyscall(NR.ptrace, PTRACE_INTERRUPT, tid, 0, 0);
    return true;
  }

  /** To be called until it is over. */
  look(tid: Tid): Traced {
    const { address, view } = this.#memory;
    const waited = rawSyscall(NR.wait4, tid, address + STATUS, WNOHANG | __WALL, 0);
    if (waited === 0) return 'waits';
    const status = view.getInt32(STATUS, true);
    if (waited < 0 || (status & 0xff) !== STOPPED) return 'none'; // it has ended, which its parent hears now
    const event = status >> 16;
    const ran = event === PTRACE_EVENT_EXEC;
    const set = ran && this.#setSecure(tid);
    // Without an event it is about to get a signal.
    if (this.detach(tid, event === 0 ? (status >> 8) & 0xff : 0) < 0) return 'waits'; // killed: its end is told to us first
    if (!ran) return 'none';
    return set ? 'set' : 'kept';
  }

  /** @param signal to go on with; 0 = none. @returns a negative errno when it has been killed. */
  protected detach(tid: Tid, signal: number): number {
    return rawSyscall(NR.ptrace, PTRACE_DETACH, tid, 0, signal);
  }

  #setSecure(tid: Tid): boolean {
    const stack = this.#stackPointer(tid);
    const place = stack && auxiliaryValue((from, length) => this.#read(tid, from, length), stack, AT_SECURE);
    return place !== undefined && rawSyscall(NR.ptrace, PTRACE_POKEDATA, tid, Number(place), 1) === 0;
  }

  /** `undefined` = no 64-bit program. */
  #stackPointer(tid: Tid): bigint | undefined {
    const { address, view } = this.#memory;
    const registers = REGISTERS[process.arch];
    this.#aim(DATA_SIZE);
    const result = rawSyscall(NR.ptrace, PTRACE_GETREGSET, tid, NT_PRSTATUS, address);
    const isWhole = result === 0 && registers !== undefined && Number(view.getBigUint64(8, true)) === registers.size;
    return isWhole ? view.getBigUint64(DATA + registers.stack, true) : undefined;
  }

  #read(tid: Tid, from: bigint, length: number): Uint8Array {
    const { address, bytes, view } = this.#memory;
    const most = Math.min(length, DATA_SIZE);
    this.#aim(most);
    view.setBigUint64(REMOTE, BigInt.asUintN(64, from), true);
    view.setBigUint64(REMOTE + 8, BigInt(most), true);
    const count = rawSyscall(NR.process_vm_readv, tid, address, 1, address + REMOTE, 1, 0);
    return bytes.subarray(DATA, DATA + Math.max(count, 0));
  }

  #aim(length: number): void {
    const { address, view } = this.#memory;
    view.setBigUint64(0, BigInt(address + DATA), true);
    view.setBigUint64(8, BigInt(length), true);
  }
}
