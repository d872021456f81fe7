/**
 * A process that makes system calls for us and can be killed while one waits, which a thread cannot be.
 *
 * Model: clone(CLONE_VM), so it is a process of its own within our memory. It runs a few instructions (program.ts) that
 * wait for a list of calls in a block of memory, make them in turn and say so; nothing of Node or of the C library. It
 * has the credentials, the root directory and the namespaces that the thread which starts it has then, all signals blocked,
 * and a descriptor table that is empty: the first file that it opens is 0. It ends with that thread. Who has ended stays a zombie until
 * somebody of our process asks ({@link reapHelpers}), so we reach it by a pidfd: its number may be another's.
 */
import { ERRNO } from '../../../linux/errno.ts';
import { FUTEX_WAIT_PRIVATE, FUTEX_WAKE_PRIVATE } from '../../../linux/futex.ts';
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_EXEC, PROT_READ, PROT_WRITE } from '../../../linux/mman.ts';
import {
  __WALL,
  __WCLONE,
  CLONE_FILES,
  CLONE_PIDFD,
  CLONE_VM,
  CLOSE_RANGE_UNSHARE,
  NGROUPS_MAX,
  PR_SET_NAME,
  PR_SET_PDEATHSIG,
  WNOHANG,
} from '../../../linux/process.ts';
import { SIG_SETMASK, SIGKILL, SIGSET_SIZE } from '../../../linux/signal.ts';
import { libcFunction, NR } from '../../libc.ts';
import { allocateNative, type NativeMemory, putString, viewNative } from '../../memory/native-memory.ts';
import { rawSyscall } from '../../raw-syscall.ts';
import { activityOf, type ThreadActivity, ThreadPatience } from '../thread-patience.ts';
import { CALL, CONTROL, helperProgram } from './program.ts';

/** Number and at most six arguments. */
export type PreparedCall = readonly (number | bigint)[];

/** Prepares its end when the thread ends that started it. */
const ENDS_WITH_PARENT: PreparedCall = [NR.prctl, PR_SET_PDEATHSIG, SIGKILL];
/** Most calls at a time. */
export const MOST_CALLS = 16;
const STACK_SIZE = 1024;
const STACK_END = CONTROL.calls + MOST_CALLS * CALL.size + STACK_SIZE;
const PAUSE = STACK_END;
/** u32: what getcpu(2) says; int: a pidfd; u64[16]: a mask of processors. */
const PROCESSOR = PAUSE + 16;
const PIDFD = PROCESSOR + 4;
const PROCESSORS = PROCESSOR + 8;
const PROCESSORS_SIZE = 128;
const PATH = PROCESSORS + PROCESSORS_SIZE;
const PATH_SIZE = 256;
const DATA = PATH + PATH_SIZE;
/** With room for the groups of whom it acts for. */
export const HELPER_DATA_SIZE = (1 << 16) + 4 * NGROUPS_MAX;
const PAGE = 4096;
const START_MS = 50;
/** Most that its calls may take while it is not found waiting; what it waits for a processor does not count. */
const MOST_MS = 2000;
/** How often in a row it is found waiting before it is given up: it may have had no processor until just before. */
const LOOKS = 2;
/** Number and arguments. */
const CALL_WORDS = CALL.result / 8;
/** As ps(1) shows it. */
const NAME = 'lsmfs-helper';
const { ETIMEDOUT, EAGAIN } = ERRNO;

const cloneFunction = libcFunction('clone', ['long', 'long', 'int', 'long', 'long']);
const rawSigprocmask = libcFunction('sigprocmask', ['int', 'void *', 'void *']);

/** Where this process has the program; negative errno where it cannot have any. To be placed once per thread. */
export function placeProgram(): number {
  const code = helperProgram(process.arch);
  const at = rawSyscall(NR.mmap, 0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at < 0) return at;
  viewNative(at, code.length).set(code);
  const protection = rawSyscall(NR.mprotect, at, PAGE, PROT_READ | PROT_EXEC);
  return protection < 0 ? protection : at;
}

export class Helper {
  readonly pid: number;
  readonly #memory: NativeMemory;
  readonly #wanted: Int32Array;
  /** Buffer of the calls. A call that was given up writes to it when it ends. */
  readonly data: Uint8Array;
  readonly dataAddress: number;
  /** The processor that it may run on. */
  #processor = -1;

  /** -1 once it was killed. */
  #pidfd: number;

  private constructor(pid: number, memory: NativeMemory) {
    this.pid = pid;
    this.#pidfd = memory.view.getInt32(PIDFD, true);
    this.#memory = memory;
    this.#wanted = wantedOf(memory.bytes);
    this.data = memory.bytes.subarray(DATA);
    this.dataAddress = memory.address + DATA;
  }

  /** @param program where it is ({@link placeProgram}). @returns a negative errno on failure. */
  static start(program: number): Helper | number {
    reapHelpers();
    const memory = allocateNative(DATA + HELPER_DATA_SIZE);
    memory.view.setUint32(CONTROL.parent, process.pid, true);
    order(memory, [
      ENDS_WITH_PARENT,
      [NR.close_range, 0, 0xffffffff, CLOSE_RANGE_UNSHARE],
      [NR.prctl, PR_SET_NAME, putString(memory, PATH, NAME)],
    ]);
    const mask = new Uint8Array(SIGSET_SIZE);
    rawSigprocmask(SIG_SETMASK, new Uint8Array(SIGSET_SIZE).fill(0xff), mask);
    const flags = CLONE_VM | CLONE_FILES | CLONE_PIDFD;
    const pid = cloneFunction(program, memory.address + STACK_END, flags, memory.address, memory.address + PIDFD);
    rawSigprocmask(SIG_SETMASK, mask, null);
    if (pid < 0) return pid;
    const helper = new Helper(pid, memory);
    if (helper.#wait(START_MS) && helper.result(0) === 0 && helper.result(1) === 0) return helper;
    helper.kill();
    return -EAGAIN;
  }

  /** Address of a C string in its memory, of less than 256 bytes; one at a time. */
  path(text: string): number {
    const end = this.#memory.bytes.subarray(PATH, PATH + PATH_SIZE);
    end[Buffer.from(end.buffer, end.byteOffset, PATH_SIZE - 1).write(text, 'latin1')] = 0;
    return this.#memory.address + PATH;
  }

  /**
   * Lets it make these calls, and waits `patience` ms for the end, or longer as long as none of them waits for something.
   * @returns `false`: it still waits. Then it must not be used before it is `done`.
   */
  run(calls: readonly PreparedCall[], patience: number): boolean {
    order(this.#memory, calls);
    this.#comeHere();
    rawSyscall(NR.futex, this.#memory.address, FUTEX_WAKE_PRIVATE, 1);
    return this.#wait(patience);
  }

  /** Of the call at `index` of the last list: >= 0 or a negative errno. */
  result(index: number): number {
    return Number(this.#memory.view.getBigInt64(CONTROL.calls + index * CALL.size + CALL.result, true));
  }

  /** Takes a file that it has opened. @returns a descriptor of ours, close-on-exec, or a negative errno. */
  take(fd: number): number {
    return rawSyscall(NR.pidfd_getfd, this.#pidfd, fd, 0);
  }

  get done(): boolean {
    return Atomics.load(this.#wanted, 0) === 0;
  }

  /** A helper that waits uninterruptibly dies later, and writes to its memory until then: that is never used again. */
  kill(): void {
    rawSyscall(NR.pidfd_send_signal, this.#pidfd, SIGKILL, 0, 0);
    rawSyscall(NR.close, this.#pidfd);
    this.#pidfd = -1;
    this.isGone();
  }

  isGone(): boolean {
    return rawSyscall(NR.wait4, this.pid, 0, WNOHANG | __WALL, 0) !== 0 || (this.#pidfd >= 0 && !this.#isOurs);
  }

  /** Is its number still its own? */
  get #isOurs(): boolean {
    return rawSyscall(NR.pidfd_send_signal, this.#pidfd, 0, 0, 0) === 0;
  }

  /** Lets it run on our processor: another one that idles takes several times as long to wake. */
  #comeHere(): void {
    const { view, bytes, address } = this.#memory;
    rawSyscall(NR.getcpu, address + PROCESSOR, 0, 0);
    const here = view.getUint32(PROCESSOR, true);
    if (here === this.#processor || here >= 8 * PROCESSORS_SIZE || !this.#isOurs) return;
    this.#processor = here;
    const mask = bytes.subarray(PROCESSORS, PROCESSORS + PROCESSORS_SIZE).fill(0);
    mask[here >> 3] = 1 << (here & 7);
    rawSyscall(NR.sched_setaffinity, this.pid, PROCESSORS_SIZE, address + PROCESSORS);
  }

  #wait(patience: number): boolean {
    const { view, address } = this.#memory;
    const pause = patience / LOOKS;
    view.setBigInt64(PAUSE, BigInt(Math.floor(pause / 1000)), true);
    view.setBigInt64(PAUSE + 8, BigInt(Math.floor((pause % 1000) * 1e6)), true);
    let most: ThreadPatience | undefined;
    for (let waits = 0; !this.done && waits < LOOKS; ) {
      if (rawSyscall(NR.futex, address, FUTEX_WAIT_PRIVATE, 1, address + PAUSE) !== -ETIMEDOUT) continue;
      if (most?.isOver() === true) break;
      most ??= new ThreadPatience(MOST_MS, () => this.#activity);
      waits = this.#activity.runs ? 0 : waits + 1;
    }
    return this.done;
  }

  get #activity(): ThreadActivity {
    return activityOf(`/proc/${this.pid}`);
  }
}

/** Helpers of all threads that have ended are no processes any more. Other children of ours have an exit signal. */
export function reapHelpers(): void {
  while (rawSyscall(NR.wait4, -1, 0, WNOHANG | __WCLONE, 0) > 0);
}

/** Writes the list of calls; `wanted`, which tells the helper that there is one, comes last. */
function order({ view, bytes }: NativeMemory, calls: readonly PreparedCall[]): void {
  for (const [index, call] of calls.entries()) {
    const at = CONTROL.calls + index * CALL.size;
    for (let i = 0; i < CALL_WORDS; i++) view.setBigInt64(at + 8 * i, BigInt.asIntN(64, BigInt(call[i] ?? 0)), true);
  }
  view.setUint32(CONTROL.count, calls.length, true);
  Atomics.store(wantedOf(bytes), 0, 1);
}

function wantedOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset + CONTROL.wanted, 1);
}
