/**
 * Signals: include/uapi/asm-generic/signal.h, signal-defs.h, siginfo.h (x86-64, arm64).
 */
export const SIGHUP = 1;
export const SIGQUIT = 3;
export const SIGKILL = 9;
export const SIGUSR1 = 10;
export const SIGSEGV = 11;
export const SIGUSR2 = 12;
export const SIGTERM = 15;
export const SIGCHLD = 17;
export const SIGCONT = 18;
export const SIGSTOP = 19;
export const SIGURG = 23;
export const SIGXFSZ = 25;

/** _NSIG */
export const LAST_SIGNAL = 64;

export const SIG_DFL = 0;
export const SIG_IGN = 1;
export const SIG_SETMASK = 2;

/** si_code of what tkill(2) sends, and of what sigqueue(3) does. */
export const SI_TKILL = -6;
export const SI_QUEUE = -1;
/** sizeof(siginfo_t) */
export const SIGINFO_SIZE = 128;

/** sizeof(sigset_t) of the C library; the kernel looks at the first 8 bytes. */
export const SIGSET_SIZE = 128;
