/**
 * Sets AT_SECURE of a program before its first instruction: ptrace(2).
 *
 * Model: a thread that waits in execve(2) is seized and interrupted. It stops when the program is there
 * (PTRACE_EVENT_EXEC), or, where that could not be executed, when it leaves the call; then it is let go. Its parent sees none of
 * that, and signals are passed on. A helper is the tracer, since who has stopped goes on when its tracer lets it go or ends: the thread
 * that orders the helper can be held by somebody else's call, and then the helper is killed ({@link endTracer}). What it had seized runs
 * with AT_SECURE as it was.
 * Interrupted while it waits for our answer it would leave the call, and make it once more, before Linux 5.19
 * (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV): no program would ever run, so there none is seized.
 * Seizing waits for cred_guard_mutex, which another thread of the same process can hold as long as it likes, so only the one thread
 * of a process may be seized. /proc/<pid>/auxv goes on to show what the kernel said.
 */

import { readFileSync } from 'node:fs';
import { release } from 'node:os';
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
import { SIGKILL } from '../../linux/signal.ts';
import { NR } from '../libc.ts';
import { statusNumbers } from '../procfs/status.ts';
import { rawSyscall } from '../raw-syscall.ts';
import { auxiliaryValue } from './auxiliary-vector.ts';
import { type CallHelper, HELPER_PATIENCE_MS, HelperSurroundings } from './helper/bounded-calls.ts';
import type { PreparedCall } from './helper/helper.ts';

/** Type of ELF notes: the general registers. */
const NT_PRSTATUS = 1;
/** Size of the registers of a 64-bit program, and where among them the stack pointer is. */
const REGISTERS: Readonly<Record<string, { readonly size: number; readonly stack: number }>> = {
  x64: { size: 216, stack: 152 },
  arm64: { size: 272, stack: 248 },
};
/** In the buffer of the helper: struct iovec, another one, a status, then what is read. */
const REMOTE = 16;
const STATUS = 32;
const DATA = 64;
const DATA_SIZE = 4096;
/** WIFSTOPPED() */
const STOPPED = 0x7f;

/** `waits`: it is to be looked for again. `kept`: the program runs, and AT_SECURE is as it was. `none`: no program runs. */
export type Traced = 'waits' | 'set' | 'kept' | 'none';

export interface ExecTraceInit {
  /** To be called with the process id of each new tracer. */
  readonly traces?: (tracer: number) => void;
  /** The release of the kernel as of uname(2). */
  readonly kernel?: string;
}

/**
 * To be called by another thread: lets all go that this helper of ours has seized. Its number is another process's if it has
 * ended meanwhile, which is not a child of ours.
 */
export function endTracer(tracer: number): void {
  const pidfd = rawSyscall(NR.pidfd_open, tracer, 0);
  if (pidfd < 0) return;
  if (parentOf(tracer) === process.pid) rawSyscall(NR.pidfd_send_signal, pidfd, SIGKILL, 0, 0);
  rawSyscall(NR.close, pidfd);
}

function parentOf(pid: number): number | undefined {
  try {
    return statusNumbers(readFileSync(`/proc/${pid}/status`, 'latin1'), 'PPid')[0];
  } catch {
    return undefined;
  }
}

export class ExecTrace {
  readonly #surroundings = new HelperSurroundings();
  readonly #maySeize: boolean;
  readonly #traces: (tracer: number) => void;
  #tracer: CallHelper | undefined;

  constructor({ traces = () => undefined, kernel = release() }: ExecTraceInit = {}) {
    const [major = 0, minor = 0] = kernel.split('.').map(Number);
    this.#maySeize = major > 5 || (major === 5 && minor >= 19);
    this.#traces = traces;
  }

  /** @param tid the one thread of a process, which waits in execve(2). @returns false = somebody traces it, or we may not. */
  seize(tid: Tid): boolean {
    const tracer = this.#maySeize ? this.#livingTracer(true) : undefined;
    const [seized = -1] =
      tracer === undefined
        ? []
        : this.#run(tracer, [
            [NR.ptrace, PTRACE_SEIZE, tid, 0, PTRACE_O_TRACEEXEC],
            // ESRCH of who is not ours.
            [NR.ptrace, PTRACE_INTERRUPT, tid, 0, 0],
          ]);
    return seized >= 0;
  }

  /** To be called until it is over. */
  look(tid: Tid): Traced {
    const tracer = this.#tracer;
    if (tracer === undefined) return 'kept';
    const { dataAddress } = tracer;
    const view = viewOf(tracer);
    const [waited] = this.#run(tracer, [
      [NR.wait4, tid, dataAddress + STATUS, WNOHANG | __WALL, 0],
      this.#registers(tracer, tid),
    ]);
    if (waited === undefined) return 'kept'; // whoever it has seized was let go
    if (waited === 0) return 'waits';
    const status = view.getInt32(STATUS, true);
    if (waited < 0 || (status & 0xff) !== STOPPED) return 'none'; // it has ended, which its parent hears now
    const event = status >> 16;
    const ran = event === PTRACE_EVENT_EXEC;
    const set = ran && this.#setSecure(tracer, tid);
    // Without an event it is about to get a signal.
    const gone = this.detach(tid, event === 0 ? (status >> 8) & 0xff : 0);
    if (gone !== undefined && gone < 0) return 'waits'; // killed: nobody hears of its end before us
    if (!ran) return 'none';
    return set ? 'set' : 'kept';
  }

  /** Lets all go. */
  close(): void {
    this.#tracer?.kill();
    this.#tracer = undefined;
  }

  /** @param signal to go on with; 0 = none. @returns a negative errno when it has been killed; `undefined` = the tracer has ended. */
  protected detach(tid: Tid, signal: number): number | undefined {
    return this.#tracer && this.#run(this.#tracer, [[NR.ptrace, PTRACE_DETACH, tid, 0, signal]])[0];
  }

  /** One that has ended is forgotten: its number can be another's. */
  #livingTracer(start: boolean): CallHelper | undefined {
    if (this.#tracer?.isGone() === true) this.#tracer = undefined;
    if (this.#tracer !== undefined || !start) return this.#tracer;
    this.#tracer = this.#surroundings.start();
    if (this.#tracer !== undefined) this.#traces(this.#tracer.pid);
    return this.#tracer;
  }

  /** @returns the results; none where the tracer has ended or waits for something, which ends it. */
  #run(tracer: CallHelper, calls: readonly PreparedCall[]): readonly number[] {
    if (this.#livingTracer(false) !== tracer) return [];
    if (tracer.run(calls, HELPER_PATIENCE_MS)) return calls.map((_, index) => tracer.result(index));
    this.close();
    return [];
  }

  #setSecure(tracer: CallHelper, tid: Tid): boolean {
    const stack = stackPointer(tracer);
    const place = stack && auxiliaryValue((from, length) => this.#read(tracer, tid, from, length), stack, AT_SECURE);
    return place !== undefined && this.#run(tracer, [[NR.ptrace, PTRACE_POKEDATA, tid, place, 1]])[0] === 0;
  }

  /** Gets the registers of who has stopped. */
  #registers(tracer: CallHelper, tid: Tid): PreparedCall {
    aim(tracer, DATA_SIZE);
    return [NR.ptrace, PTRACE_GETREGSET, tid, NT_PRSTATUS, tracer.dataAddress];
  }

  #read(tracer: CallHelper, tid: Tid, from: bigint, length: number): Uint8Array {
    const { data, dataAddress } = tracer;
    const view = viewOf(tracer);
    const most = Math.min(length, DATA_SIZE);
    aim(tracer, most);
    view.setBigUint64(REMOTE, BigInt.asUintN(64, from), true);
    view.setBigUint64(REMOTE + 8, BigInt(most), true);
    const call = [NR.process_vm_readv, tid, dataAddress, 1, dataAddress + REMOTE, 1, 0];
    const [count = 0] = this.#run(tracer, [call]);
    return data.subarray(DATA, DATA + Math.max(count, 0));
  }
}

/** `undefined` = no 64-bit program. */
function stackPointer(tracer: CallHelper): bigint | undefined {
  const registers = REGISTERS[process.arch];
  const view = viewOf(tracer);
  const isWhole = registers !== undefined && Number(view.getBigUint64(8, true)) === registers.size;
  return isWhole ? view.getBigUint64(DATA + registers.stack, true) : undefined;
}

function aim(tracer: CallHelper, length: number): void {
  const view = viewOf(tracer);
  view.setBigUint64(0, BigInt(tracer.dataAddress + DATA), true);
  view.setBigUint64(8, BigInt(length), true);
}

const viewOf = ({ data }: CallHelper): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength);
