/*
 * For LD_PRELOAD of User-mode Linux on processors with AMX. ptrace(2) gives the registers of a process that has not asked for AMX without
 * its tiles, and takes back only a buffer that has room for everything the processor could save: EFAULT otherwise
 * (arch/x86/kernel/fpu/regset.c, xstateregs_set()), by which every process of the guest would end. So the rest is filled up with zeros.
 */
#include <cpuid.h>
#include <elf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { XSAVE_LEAF = 0xd };

/* The size of what the kernel has enabled, in bytes. */
static size_t whole_size(void) {
  static unsigned int size;
  unsigned int eax, ecx, edx;
  if (size == 0) __cpuid_count(XSAVE_LEAF, 0, eax, size, ecx, edx);
  return size;
}

static long set_registers(pid_t pid, const struct iovec *given) {
  static __thread char *whole;
  if (whole == NULL && (whole = calloc(1, whole_size())) == NULL) return -1;
  memcpy(whole, given->iov_base, given->iov_len);
  memset(whole + given->iov_len, 0, whole_size() - given->iov_len);
  struct iovec all = {whole, whole_size()};
  return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, NT_X86_XSTATE, &all);
}

long ptrace(enum __ptrace_request request, ...) {
  va_list rest;
  va_start(rest, request);
  pid_t pid = va_arg(rest, pid_t);
  void *address = va_arg(rest, void *), *data = va_arg(rest, void *);
  va_end(rest);
  if (request == PTRACE_SETREGSET && address == (void *)NT_X86_XSTATE && ((struct iovec *)data)->iov_len < whole_size())
    return set_registers(pid, data);
  if (request != PTRACE_PEEKTEXT && request != PTRACE_PEEKDATA && request != PTRACE_PEEKUSER)
    return syscall(SYS_ptrace, request, pid, address, data);
  long value; /* the system call stores what the function returns */
  return syscall(SYS_ptrace, request, pid, address, &value) < 0 ? -1 : value;
}
