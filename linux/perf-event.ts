/**
 * Performance events: include/uapi/linux/perf_event.h.
 */

export const PERF_TYPE_TRACEPOINT = 2;
/** Samples have the data of the tracepoint. */
export const PERF_SAMPLE_RAW = 1 << 10;
export const PERF_FLAG_PID_CGROUP = 4;
export const PERF_FLAG_FD_CLOEXEC = 8;
export const PERF_FLAG_ALL = 0xf;
export const PERF_RECORD_SAMPLE = 9;

/** struct perf_event_attr: u32 type, size; u64 config, sample_period, sample_type, read_format, bits; u32 wakeup_events; ... */
export const PERF_ATTR = { SIZE: 120, TYPE: 0, OWN_SIZE: 4, CONFIG: 8, PERIOD: 16, SAMPLE: 24, BITS: 40, WAKEUP: 48 };
/** The first of its bits: it does not count. */
export const PERF_ATTR_DISABLED = 1n;
/** The sixth one: it does not count in the kernel. */
export const PERF_ATTR_EXCLUDE_KERNEL = 1n << 5n;

/** struct perf_event_mmap_page: u64 data_head, up to where the kernel has written. */
export const PERF_DATA_HEAD = 1024;
/** struct perf_event_header: u32 type; u16 misc, size. */
export const PERF_HEADER = { TYPE: 0, LENGTH: 6, SIZE: 8 };
