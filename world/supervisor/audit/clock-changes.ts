/**
 * What a call changes of the clock, as audit tells it: audit_tk_injoffset() and audit_ntp_log() in kernel/time of Linux 6.12.
 *
 * The caller waits while the clock is looked at, and what it will be follows from the arguments; the clock itself is the host's. Of a time
 * that is set the difference is that to the moment of the look. Not told is the frequency that the kernel's loop derives from an offset.
 */
import { NR } from '../../../host/libc.ts';
import { allocateNative, type NativeMemory } from '../../../host/memory/native-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ADJ, CLOCK_REALTIME, STA, TIME_SIZE, TIMEX } from '../../../linux/clock.ts';
import type { SyscallName } from '../../../linux/syscall-numbers.ts';
import { CLOCK_VALUES, type ClockChange, type ClockValue } from '../../../lsm/framework/audit/clock-text.ts';
import type { ArgumentReader } from './argument-reader.ts';
import { bytesAt } from './detail.ts';

type Values = Partial<Record<ClockValue, bigint>>;

/** The host's clock; replaced in tests. */
export interface ClockSource {
  /** Nanoseconds since 1970. */
  now(): bigint;
  /** struct timex as adjtimex(2) fills it in that changes nothing. @param modes 0 or ADJ.OFFSET_SS_READ. */
  read(modes: number): DataView;
}

const SECOND = 1_000_000_000n;
const MICROSECOND = 1000n;
/** PPM_SCALE: of parts per million with 16 binary digits behind the point. */
const PPM_SCALE = 1000n << 16n;
/** MAXFREQ_SCALED */
const FREQUENCY_MAX = 500_000n << 32n;
/** MAXPHASE, nanoseconds */
const PHASE_MAX = 500_000_000n;
const TAI_MAX = 100_000n;

/** `undefined`: nothing of the clock. What the kernel refuses is told, too: to be used when the call has succeeded. */
export function clockChange(
  name: SyscallName | undefined,
  reader: ArgumentReader,
  clock: ClockSource,
): ClockChange | undefined {
  switch (name) {
    case 'settimeofday':
      return setTime(bytesAt(reader, 0, TIME_SIZE), MICROSECOND, clock);
    case 'clock_settime':
      return isRealtime(reader) ? setTime(bytesAt(reader, 1, TIME_SIZE), 1n, clock) : undefined;
    case 'adjtimex':
      return adjusted(bytesAt(reader, 0, TIMEX.SIZE), clock);
    case 'clock_adjtime':
      return isRealtime(reader) ? adjusted(bytesAt(reader, 1, TIMEX.SIZE), clock) : undefined;
    default:
      return undefined;
  }
}

function isRealtime({ call }: ArgumentReader): boolean {
  return call.int(0) === CLOCK_REALTIME;
}

/** do_settimeofday64() @param unit nanoseconds in the second number. */
function setTime(time: DataView | undefined, unit: bigint, clock: ClockSource): ClockChange | undefined {
  if (time === undefined) return undefined;
  const added = time.getBigInt64(0, true) * SECOND + time.getBigInt64(8, true) * unit - clock.now();
  const nanoseconds = ((added % SECOND) + SECOND) % SECOND;
  return { values: [], injected: { seconds: (added - nanoseconds) / SECOND, nanoseconds } };
}

/** do_adjtimex(), __do_adjtimex() */
function adjusted(timex: DataView | undefined, clock: ClockSource): ClockChange | undefined {
  if (timex === undefined) return undefined;
  const modes = timex.getUint32(TIMEX.MODES, true);
  if ((modes & ADJ.ADJTIME) !== 0) {
    if ((modes & ADJ.OFFSET_READONLY) !== 0) return undefined;
    const adjust = clock.read(ADJ.OFFSET_SS_READ).getBigInt64(TIMEX.OFFSET, true);
    return { values: differences({ adjust }, { adjust: timex.getBigInt64(TIMEX.OFFSET, true) }) };
  }
  const before = clock.read(0);
  const values = differences(valuesOf(before), valuesAfter(modes, timex, before));
  if ((modes & ADJ.SETOFFSET) === 0) return { values };
  const nanoseconds = timex.getBigInt64(TIMEX.MICROSECONDS, true) * ((modes & ADJ.NANO) === 0 ? MICROSECOND : 1n);
  return { values, injected: { seconds: timex.getBigInt64(TIMEX.SECONDS, true), nanoseconds } };
}

function valuesOf(timex: DataView): Values {
  const status = timex.getInt32(TIMEX.STATUS, true);
  return {
    offset: timex.getBigInt64(TIMEX.OFFSET, true) * unitOf(status),
    freq: timex.getBigInt64(TIMEX.FREQUENCY, true) * PPM_SCALE,
    status: BigInt(status),
    tai: BigInt(timex.getInt32(TIMEX.TAI, true)),
    tick: timex.getBigInt64(TIMEX.TICK, true),
  };
}

/** process_adjtimex_modes() */
function valuesAfter(modes: number, timex: DataView, before: DataView): Values {
  const status = statusAfter(modes, timex.getInt32(TIMEX.STATUS, true), before.getInt32(TIMEX.STATUS, true));
  const constant = timex.getBigInt64(TIMEX.CONSTANT, true);
  const offset = timex.getBigInt64(TIMEX.OFFSET, true);
  return {
    ...valuesOf(before),
    ...((modes & ADJ.OFFSET) !== 0 &&
      (status & STA.PLL) !== 0 && { offset: clamp(offset * unitOf(status), PHASE_MAX) }),
    ...((modes & ADJ.FREQUENCY) !== 0 && {
      freq: clamp(timex.getBigInt64(TIMEX.FREQUENCY, true) * PPM_SCALE, FREQUENCY_MAX),
    }),
    status: BigInt(status),
    ...((modes & ADJ.TAI) !== 0 && constant >= 0n && constant <= TAI_MAX && { tai: constant }),
    ...((modes & ADJ.TICK) !== 0 && { tick: timex.getBigInt64(TIMEX.TICK, true) }),
  };
}

/** process_adj_status(), and the unit */
function statusAfter(modes: number, given: number, before: number): number {
  let status = before;
  if ((modes & ADJ.STATUS) !== 0) {
    if ((status & STA.PLL) !== 0 && (given & STA.PLL) === 0) status = STA.UNSYNC;
    status = (status & STA.RONLY) | (given & ~STA.RONLY);
  }
  if ((modes & ADJ.NANO) !== 0) status |= STA.NANO;
  if ((modes & ADJ.MICRO) !== 0) status &= ~STA.NANO;
  return status;
}

function unitOf(status: number): bigint {
  return (status & STA.NANO) === 0 ? MICROSECOND : 1n;
}

function clamp(value: bigint, most: bigint): bigint {
  return value > most ? most : value < -most ? -most : value;
}

function differences(before: Values, after: Values): ClockChange['values'] {
  return CLOCK_VALUES.flatMap((name) => {
    const [old, now] = [before[name] ?? 0n, after[name] ?? 0n];
    return old === now ? [] : [{ name, old, now }];
  });
}

export class HostClock implements ClockSource {
  #memory: NativeMemory | undefined;

  now(): bigint {
    const { address, view } = this.#struct();
    rawSyscall(NR.clock_gettime, CLOCK_REALTIME, address);
    return view.getBigInt64(0, true) * SECOND + view.getBigInt64(8, true);
  }

  read(modes: number): DataView {
    const { address, view } = this.#struct();
    view.setUint32(TIMEX.MODES, modes, true);
    rawSyscall(NR.adjtimex, address);
    return view;
  }

  #struct(): NativeMemory {
    this.#memory ??= allocateNative(TIMEX.SIZE);
    return this.#memory;
  }
}
