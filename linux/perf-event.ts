/**
 * Performance events: include/uapi/linux/perf_event.h.
 */

export const PERF_TYPE_SOFTWARE = 1;
export const PERF_TYPE_TRACEPOINT = 2;
/** Counts nothing: for what else an event brings. */
export const PERF_COUNT_SW_DUMMY = 9;
/** Samples have the data of the tracepoint. */
export const PERF_SAMPLE_RAW = 1 << 10;
export const PERF_FLAG_PID_CGROUP = 4;
export const PERF_FLAG_FD_CLOEXEC = 8;
export const PERF_FLAG_ALL = 0xf;
export const PERF_RECORD_FORK = 7;
export const PERF_RECORD_SAMPLE = 9;

/**
 * struct perf_event_attr: u32 type, size; u64 config, sample_period, sample_type, read_format, bits; u32 wakeup_events; ...
 * s32 clockid; ...
 */
export const PERF_ATTR = {
  ...{ SIZE: 120, TYPE: 0, OWN_SIZE: 4, CONFIG: 8, PERIOD: 16, SAMPLE: 24, BITS: 40, WAKEUP: 48, CLOCK: 92 },
};
/** The first of its bits: it does not count. */
export const PERF_ATTR_DISABLED = 1n;
/** The sixth one: it does not count in the kernel. */
export const PERF_ATTR_EXCLUDE_KERNEL = 1n << 5n;
/** It brings records of forks and exits. */
export const PERF_ATTR_TASK = 1n << 13n;
/** Its clock is that of `clockid`. */
export const PERF_ATTR_USE_CLOCKID = 1n << 25n;

/** struct perf_event_mmap_page: u64 data_head, up to where the kernel has written. */
export const PERF_DATA_HEAD = 1024;
/** struct perf_event_header: u32 type; u16 misc, size. */
export const PERF_HEADER = { TYPE: 0, LENGTH: 6, SIZE: 8 };
/** The body of PERF_RECORD_FORK: u32 pid, ppid, tid, ptid; u64 time. `ppid` and `ptid` are those of who has made it. */
export const PERF_FORK = { TGID: 8, TID: 16, MAKER: 20, TIME: 24, SIZE: 32 };
