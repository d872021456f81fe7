/**
 * Processes: include/uapi/linux/{sched,ptrace,prctl,ioprio,resource,auxvec,close_range,kexec,pidfd}.h, and of
 * include/linux/sched.h and ptrace.h what shows outside of the kernel.
 */

/** Flags of clone(2), unshare(2) and setns(2). */
export const CLONE_VM = 0x00000100;
export const CLONE_FS = 0x00000200;
export const CLONE_FILES = 0x00000400;
export const CLONE_PARENT = 0x00008000;
export const CLONE_THREAD = 0x00010000;
export const CLONE_NEWNS = 0x00020000;
export const CLONE_NEWTIME = 0x00000080;
export const CLONE_NEWCGROUP = 0x02000000;
export const CLONE_NEWUTS = 0x04000000;
export const CLONE_NEWIPC = 0x08000000;
export const CLONE_NEWUSER = 0x10000000;
export const CLONE_NEWPID = 0x20000000;
export const CLONE_NEWNET = 0x40000000;
/** By what nsfs calls the namespaces, but for user namespaces; in the order in which setns(2) enters those of a pidfd. */
export const NAMESPACE_FLAGS: Readonly<Record<string, number>> = {
  mnt: CLONE_NEWNS,
  uts: CLONE_NEWUTS,
  ipc: CLONE_NEWIPC,
  pid: CLONE_NEWPID,
  cgroup: CLONE_NEWCGROUP,
  net: CLONE_NEWNET,
  time: CLONE_NEWTIME,
};
/** All of these. */
export const NAMESPACES = Object.values(NAMESPACE_FLAGS).reduce((all, flag) => all | flag);

/** Inode numbers of the namespaces that exist since boot: include/linux/proc_ns.h. */
export const PROC_USER_INIT_INO = 0xeffffffd;
export const PROC_PID_INIT_INO = 0xeffffffc;

/** Task flags, the ninth field of /proc/PID/stat. do_exit() has begun. */
export const PF_EXITING = 0x00000004;
/** The process has not called execve(2) since it was made. */
export const PF_FORKNOEXEC = 0x00000040;
/** With its NUL. */
export const TASK_COMM_LEN = 16;

export const SCHED_NORMAL = 0;
export const SCHED_FIFO = 1;
export const SCHED_RR = 2;
export const SCHED_BATCH = 3;
export const SCHED_IDLE = 5;
/** May be added to a policy. */
export const SCHED_RESET_ON_FORK = 0x40000000;

export const IOPRIO_CLASS_SHIFT = 13;
export const IOPRIO_CLASS_NONE = 0;
export const IOPRIO_CLASS_RT = 1;
export const IOPRIO_CLASS_BE = 2;
export const IOPRIO_CLASS_IDLE = 3;
export const IOPRIO_WHO_PROCESS = 1;
export const IOPRIO_WHO_PGRP = 2;
export const IOPRIO_WHO_USER = 3;
export const PRIO_PROCESS = 0;
export const PRIO_PGRP = 1;
export const PRIO_USER = 2;

export const RLIMIT_CORE = 4;
export const RLIMIT_NPROC = 6;
export const RLIMIT_NOFILE = 7;
export const RLIMIT_MEMLOCK = 8;
export const RLIMIT_NICE = 13;
export const RLIM_NLIMITS = 16;
/** Clock ticks in a second, as /proc counts them. */
export const USER_HZ = 100;
/** Most supplementary groups of a thread: include/uapi/linux/limits.h. */
export const NGROUPS_MAX = 65536;

export const PTRACE_TRACEME = 0;
export const PTRACE_ATTACH = 16;
export const PTRACE_POKEDATA = 5;
export const PTRACE_DETACH = 17;
export const PTRACE_GETREGSET = 0x4204;
export const PTRACE_SEIZE = 0x4206;
export const PTRACE_INTERRUPT = 0x4207;
export const PTRACE_O_TRACEEXEC = 0x10;
/** Third byte of the status of a tracee. */
export const PTRACE_EVENT_EXEC = 4;
/** All PTRACE_O_* */
export const PTRACE_O_MASK = 0x3000ff;

/** kcmp(2): are two descriptors the same open file? */
export const KCMP_FILE = 0;

/** Modes of ptrace_may_access(). */
export const PTRACE_MODE_READ = 0x01;
export const PTRACE_MODE_ATTACH = 0x02;
/** Capabilities are asked about without a record. */
export const PTRACE_MODE_NOAUDIT = 0x04;

export const PR_SET_SECCOMP = 22;
export const PR_CAPBSET_DROP = 24;
export const PR_SET_MM = 35;
export const PR_SET_IO_FLUSHER = 57;
export const PR_GET_IO_FLUSHER = 58;
export const PR_SCHED_CORE = 62;
/** What PR_SET_MM sets: those that take a length, and those that need no capability. */
export const PR_SET_MM_AUXV = 12;
export const PR_SET_MM_MAP = 14;
export const PR_SET_MM_MAP_SIZE = 15;
/** What PR_SCHED_CORE does: the first, of which alone a result is stored, and the number of all. */
export const PR_SCHED_CORE_GET = 0;
export const PR_SCHED_CORE_MAX = 4;
/** Whose: a thread, a process, a group. */
export const PIDTYPE_PGID = 2;
export const PR_SET_PTRACER = 0x59616d61;
/** As an int. */
export const PR_SET_PTRACER_ANY = -1;

/** include/uapi/linux/oom.h */
export const OOM_SCORE_ADJ_MAX = 1000;

/** Types of entries of the auxiliary vector. */
export const AT_NULL = 0;
/** Not 0: the program must not trust its environment. */
export const AT_SECURE = 23;
/** Address of 16 random bytes. */
export const AT_RANDOM = 25;

/** Options of wait4(2): include/uapi/linux/wait.h. */
export const WNOHANG = 0x00000001;
export const __WALL = 0x40000000;

export const CLOSE_RANGE_CLOEXEC = 1 << 2;
export const KEXEC_FILE_UNLOAD = 0x00000001;
/** Flag of pidfd_open(2), O_EXCL by its value. Since Linux 6.9. */
export const PIDFD_THREAD = 0o200;

/** Flags of move_pages(2), include/uapi/linux/mempolicy.h. */
export const MPOL_MF_MOVE = 2;
export const MPOL_MF_MOVE_ALL = 4;

/** What process_madvise(2) advises other processes: MADV_WILLNEED, MADV_COLD, MADV_PAGEOUT, MADV_COLLAPSE. */
export const ADVICE_TO_OTHERS: ReadonlySet<number> = new Set([3, 20, 21, 25]);
