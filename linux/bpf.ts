/**
 * Classic BPF as seccomp and sockets take it: include/uapi/linux/filter.h, bpf_common.h and seccomp.h.
 */

/** BPF_LD|BPF_W|BPF_ABS */
export const BPF_LD_W_ABS = 0x20;
/** BPF_JMP|BPF_JEQ|BPF_K */
export const BPF_JEQ_K = 0x15;
/** BPF_JMP|BPF_JSET|BPF_K */
export const BPF_JSET_K = 0x45;
/** BPF_RET|BPF_K */
export const BPF_RET_K = 0x06;

/** struct sock_filter { u16 code; u8 jt; u8 jf; u32 k } */
export const SOCK_FILTER_SIZE = 8;

/** struct sock_fprog { unsigned short len; struct sock_filter *filter; } */
export const SOCK_FPROG_SIZE = 16;

/** Offsets in struct seccomp_data { int nr; u32 arch; u64 instruction_pointer; u64 args[6] }. */
export const SECCOMP_DATA = { NR: 0, ARCH: 4, ARGS: 16 } as const;

/** bpf(2): commands of include/uapi/linux/bpf.h that make something. */
export const BPF_COMMAND = { MAP_CREATE: 0, PROG_LOAD: 5 } as const;
/** Offsets in union bpf_attr, of both commands. */
export const BPF_ATTR = { PROG_TYPE: 0, MAP_FLAGS: 16 } as const;
export const BPF_F_RDONLY = 1 << 3;
export const BPF_F_WRONLY = 1 << 4;
/** BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_CGROUP_SKB: those of users without a capability. */
export const BPF_UNPRIVILEGED_PROGRAMS: ReadonlySet<number> = new Set([1, 8]);
