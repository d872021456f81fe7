/**
 * Which thread makes which thread or process: PERF_RECORD_FORK of perf_event_open(2), of the whole machine.
 *
 * Model: one event that counts nothing for each processor, with a ring that is only read. So the kernel never waits and never drops the
 * newest record; it writes over the oldest. All records of such an event have one size, which divides that of the ring: they can be read
 * from the newest backwards. The record of a fork comes after that of the proc connector and before the new thread runs. It takes
 * CAP_PERFMON in the initial user namespace, and costs the machine one record for each fork and each exit, while it is open.
 */
import { closeSync, readFileSync } from 'node:fs';
import { CLOCK_MONOTONIC } from '../../linux/clock.ts';
import { type Tgid, type Tid, tidOf } from '../../linux/ids.ts';
import { PROT_READ } from '../../linux/mman.ts';
import {
  PERF_ATTR,
  PERF_ATTR_EXCLUDE_KERNEL,
  PERF_ATTR_TASK,
  PERF_ATTR_USE_CLOCKID,
  PERF_COUNT_SW_DUMMY,
  PERF_DATA_HEAD,
  PERF_FLAG_FD_CLOEXEC,
  PERF_FORK,
  PERF_HEADER,
  PERF_RECORD_FORK,
  PERF_TYPE_SOFTWARE,
} from '../../linux/perf-event.ts';
import { libcFunction, NR } from '../libc.ts';
import { allocateNative, mapNative, type NativeMemory } from '../memory/native-memory.ts';
import { rawSyscall } from '../raw-syscall.ts';

const SC_PAGESIZE = 30;
const PAGE = libcFunction('sysconf', ['int'], 'long')(SC_PAGESIZE);
/** Bytes of a ring, a power of two: the last 4,096 forks and exits on that processor. */
const DATA = 1 << 17;
/** The kernel may be writing over the oldest ones. */
const RECORDS = DATA / PERF_FORK.SIZE - 8;
const EVERYBODY = -1;
const NO_GROUP = -1;
const NS_PER_MS = 1e6;
const FOUR_GIB = 2 ** 32;

interface Ring {
  readonly fd: number;
  readonly memory: NativeMemory;
}

export class ForkRecords {
  readonly #rings: readonly Ring[];

  private constructor(rings: readonly Ring[]) {
    this.#rings = rings;
  }

  /** `undefined` where they cannot be had. */
  static open(): ForkRecords | undefined {
    const rings: Ring[] = [];
    const records = new ForkRecords(rings);
    for (const cpu of processors()) {
      const fd = openEvent(cpu);
      const memory = fd < 0 ? fd : mapNative(fd, 0, PAGE + DATA, PROT_READ);
      if (typeof memory === 'number') {
        if (fd >= 0) closeSync(fd);
        records.close();
        return undefined;
      }
      rings.push({ fd, memory });
    }
    return records;
  }

  /**
   * Who has made this thread or process. `undefined` = its record is not there yet, was older than what is kept, or than `since`.
   * @param since ms of CLOCK_MONOTONIC. A number that is used again has a record of its former owner.
   */
  makerOf(tid: Tid, tgid: Tgid, since: number): Tid | undefined {
    let newest = since;
    let maker: Tid | undefined;
    for (const { memory } of this.#rings) {
      const { view } = memory;
      const head = Number(Atomics.load(new BigInt64Array(view.buffer, PERF_DATA_HEAD, 1), 0));
      const last = Math.max(0, head - RECORDS * PERF_FORK.SIZE);
      for (let at = head - PERF_FORK.SIZE; at >= last; at -= PERF_FORK.SIZE) {
        const record = PAGE + (at % DATA);
        if (view.getUint32(record + PERF_FORK.TID, true) !== tid) continue;
        if (view.getUint32(record + PERF_HEADER.TYPE, true) !== PERF_RECORD_FORK) continue;
        if (view.getUint32(record + PERF_FORK.TGID, true) !== tgid) continue;
        const time = milliseconds(view, record + PERF_FORK.TIME);
        if (time >= newest) {
          newest = time;
          maker = tidOf(view.getUint32(record + PERF_FORK.MAKER, true));
        }
        break;
      }
    }
    return maker;
  }

  close(): void {
    for (const { fd, memory } of this.#rings) {
      rawSyscall(NR.munmap, memory.address, PAGE + DATA);
      closeSync(fd);
    }
  }
}

/** ms from u64 nanoseconds. */
export function milliseconds(view: DataView, at: number): number {
  return (view.getUint32(at + 4, true) * FOUR_GIB + view.getUint32(at, true)) / NS_PER_MS;
}

function openEvent(cpu: number): number {
  const { view, address } = allocateNative(PERF_ATTR.SIZE);
  view.setUint32(PERF_ATTR.TYPE, PERF_TYPE_SOFTWARE, true);
  view.setUint32(PERF_ATTR.OWN_SIZE, PERF_ATTR.SIZE, true);
  view.setBigUint64(PERF_ATTR.CONFIG, BigInt(PERF_COUNT_SW_DUMMY), true);
  view.setBigUint64(PERF_ATTR.BITS, PERF_ATTR_EXCLUDE_KERNEL | PERF_ATTR_TASK | PERF_ATTR_USE_CLOCKID, true);
  view.setInt32(PERF_ATTR.CLOCK, CLOCK_MONOTONIC, true);
  return rawSyscall(NR.perf_event_open, address, EVERYBODY, cpu, NO_GROUP, PERF_FLAG_FD_CLOEXEC);
}

/** Numbers of those that are running: `0-3,5`. */
function processors(): number[] {
  const text = readFileSync('/sys/devices/system/cpu/online', 'latin1').trim();
  return text.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
