/** Clocks and their adjustment: include/uapi/linux/time.h and timex.h. */

export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
/** Clocks that wake the machine. */
export const CLOCK_REALTIME_ALARM = 8;
export const CLOCK_BOOTTIME_ALARM = 9;
/** Flag of clock_nanosleep(2). */
export const TIMER_ABSTIME = 1;
/** struct sigevent { u64 value; int signal; int notify; ... } and what `notify` may be. */
export const SIGEVENT = { SIZE: 64, SIGNAL: 8, NOTIFY: 12 } as const;
export const SIGEV_SIGNAL = 0;
export const SIGEV_NONE = 1;
export const SIGEV_THREAD = 2;
export const SIGEV_THREAD_ID = 4;

/** struct timeval and struct timespec of 64 bits: two numbers of 8 bytes. */
export const TIME_SIZE = 16;

/** struct timex of 64 bits: size, and offsets of what audit tells of. */
export const TIMEX = {
  SIZE: 208,
  MODES: 0,
  OFFSET: 8,
  FREQUENCY: 16,
  STATUS: 40,
  CONSTANT: 48,
  SECONDS: 72,
  MICROSECONDS: 80,
  TICK: 88,
  TAI: 160,
} as const;

export const ADJ = {
  OFFSET: 0x0001,
  FREQUENCY: 0x0002,
  STATUS: 0x0010,
  TAI: 0x0080,
  SETOFFSET: 0x0100,
  MICRO: 0x1000,
  NANO: 0x2000,
  TICK: 0x4000,
  /** adjtime(3) */
  ADJTIME: 0x8000,
  /** Nothing is changed, with ADJTIME. */
  OFFSET_READONLY: 0x2000,
  OFFSET_SS_READ: 0xa001,
} as const;

export const STA = { PLL: 0x0001, UNSYNC: 0x0040, NANO: 0x2000, RONLY: 0xff00 } as const;
