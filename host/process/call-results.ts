/**
 * What a system call of another thread returns, as the kernel itself says it: the tracepoint raw_syscalls:sys_exit, by
 * perf_event_open(2) for one thread.
 *
 * Nothing is done to the thread, and it does not wait. It takes CAP_PERFMON and tracefs in the initial namespaces. While
 * {@link CallResults} are active the kernel goes through its slow path at each system call of the machine, as with audit rules.
 */

import { closeSync } from 'node:fs';
import { O_CLOEXEC, O_RDONLY } from '../../linux/fcntl.ts';
import type { Tid } from '../../linux/ids.ts';
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE } from '../../linux/mman.ts';
import {
  PERF_ATTR,
  PERF_ATTR_DISABLED,
  PERF_DATA_HEAD,
  PERF_FLAG_FD_CLOEXEC,
  PERF_HEADER,
  PERF_RECORD_SAMPLE,
  PERF_SAMPLE_RAW,
  PERF_TYPE_TRACEPOINT,
} from '../../linux/perf-event.ts';
import { POLLHUP } from '../../linux/poll.ts';
import { InstantPoll } from '../files/poll.ts';
import { koffi } from '../koffi.ts';
import { NR } from '../libc.ts';
import { allocateNative, putString } from '../memory/native-memory.ts';
import { createSuperblock, detachedMount, openContext } from '../mounts/filesystem-context.ts';
import { rawSyscall } from '../raw-syscall.ts';

/** Threads that are followed at the same time. */
export const FOLLOWED_MAX = 512;
const PAGE = 4096;
/** The page that says how far the data go, and a page of data. */
const SLOT = 2 * PAGE;
/** In a sample: its header, u32 length of the data; in them u16 type, u8 flags, u8 count, s32 pid, s64 number, s64 result. */
const RAW = PERF_HEADER.SIZE + 4;
const RESULT = RAW + 16;
const ID_PATH = 'events/raw_syscalls/sys_exit/id';
const ID_SIZE = 24;
const ANY_CPU = -1;
const NO_GROUP = -1;

/** The next system call that a thread returns from. */
export interface AwaitedResult {
  /** Readable when the call has returned; POLLHUP when the thread has ended or may not be followed any more. */
  readonly fd: number;
  /** `undefined` = it has not returned. A negative errno, or what the call returns. */
  result(): number | undefined;
  /** The thread has ended, or may not be followed any more. */
  ended(): boolean;
  close(): void;
}

/** One for a thread of ours, for as long as that lives: its memory is not given back. */
export class CallResults {
  readonly #id: number;
  /** Keeps the tracepoint in use: to begin and to stop that costs the kernel some 10 ms. Negative = it is not. */
  #keeper = -1;
  readonly #attributes = allocateNative(PERF_ATTR.SIZE);
  readonly #poll = new InstantPoll();
  readonly #base: number;
  readonly #bytes: ArrayBuffer;
  readonly #free = Array.from({ length: FOLLOWED_MAX }, (_, index) => index);

  private constructor(id: number, base: number) {
    this.#id = id;
    this.#base = base;
    this.#bytes = koffi.view(BigInt(base), FOLLOWED_MAX * SLOT);
  }

  /** `undefined` where it cannot be had. */
  static open(): CallResults | undefined {
    const id = tracepointId();
    if (id === undefined) return undefined;
    const base = rawSyscall(
      NR.mmap,
      0,
      FOLLOWED_MAX * SLOT,
      PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS,
      -1,
      0,
    );
    if (base < 0) return undefined;
    const results = new CallResults(id, base);
    return results.#activate() ? results : undefined;
  }

  /** `undefined` = too many are followed, or this one may not be. To be called while the thread is in the call. */
  follow(tid: Tid): AwaitedResult | undefined {
    const slot = this.#activate() ? this.#free.pop() : undefined;
    if (slot === undefined) return undefined;
    const address = this.#base + slot * SLOT;
    const fd = this.#open(tid, 0n);
    const mapped =
      fd < 0 ? fd : rawSyscall(NR.mmap, address, SLOT, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
    if (mapped < 0) {
      if (fd >= 0) closeSync(fd);
      this.#free.push(slot);
      return undefined;
    }
    const ring = new DataView(this.#bytes, slot * SLOT, SLOT);
    return {
      fd,
      result: () => resultIn(ring),
      ended: () => (this.#poll.events(fd, 0) & POLLHUP) !== 0,
      close: () => {
        rawSyscall(NR.mmap, address, SLOT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        rawSyscall(NR.close, fd);
        this.#free.push(slot);
      },
    };
  }

  /** The kernel tells results; it does from the first {@link follow} until {@link rest}. */
  get active(): boolean {
    return this.#keeper >= 0;
  }

  /** To be called when nobody is followed. */
  rest(): void {
    if (this.active) rawSyscall(NR.close, this.#keeper);
    this.#keeper = -1;
  }

  #activate(): boolean {
    if (!this.active) this.#keeper = this.#open(0, PERF_ATTR_DISABLED);
    return this.active;
  }

  #open(tid: number, bits: bigint): number {
    const { view, address } = this.#attributes;
    view.setUint32(PERF_ATTR.TYPE, PERF_TYPE_TRACEPOINT, true);
    view.setUint32(PERF_ATTR.OWN_SIZE, PERF_ATTR.SIZE, true);
    view.setBigUint64(PERF_ATTR.CONFIG, BigInt(this.#id), true);
    view.setBigUint64(PERF_ATTR.PERIOD, 1n, true);
    view.setBigUint64(PERF_ATTR.SAMPLE, BigInt(PERF_SAMPLE_RAW), true);
    view.setBigUint64(PERF_ATTR.BITS, bits, true);
    view.setUint32(PERF_ATTR.WAKEUP, 1, true);
    return rawSyscall(NR.perf_event_open, address, tid, ANY_CPU, NO_GROUP, PERF_FLAG_FD_CLOEXEC);
  }
}

/** Of the first sample. */
function resultIn(ring: DataView): number | undefined {
  const head = Number(Atomics.load(new BigInt64Array(ring.buffer, ring.byteOffset + PERF_DATA_HEAD, 1), 0));
  for (let at = 0; at < head && at + RESULT + 8 <= PAGE; ) {
    const start = PAGE + at;
    const length = ring.getUint16(start + PERF_HEADER.LENGTH, true);
    if (ring.getUint32(start + PERF_HEADER.TYPE, true) === PERF_RECORD_SAMPLE)
      return Number(ring.getBigInt64(start + RESULT, true));
    if (length === 0) return undefined;
    at += length;
  }
  return undefined;
}

/** From a tracefs that is attached nowhere. */
function tracepointId(): number | undefined {
  const context = openContext('tracefs');
  if (context < 0) return undefined;
  const mount = createSuperblock(context) < 0 ? -1 : detachedMount(context);
  closeSync(context);
  if (mount < 0) return undefined;
  const memory = allocateNative(PAGE);
  const file = rawSyscall(NR.openat, mount, putString(memory, 0, ID_PATH), O_RDONLY | O_CLOEXEC, 0);
  const size = file < 0 ? file : rawSyscall(NR.read, file, memory.address, ID_SIZE);
  const id = size <= 0 ? Number.NaN : Number(Buffer.from(memory.bytes.subarray(0, size)).toString('latin1'));
  for (const fd of [file, mount]) if (fd >= 0) closeSync(fd);
  return Number.isSafeInteger(id) ? id : undefined;
}
