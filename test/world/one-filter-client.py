"""What a program in a world cannot have of seccomp(2): a filter with a listener, strict mode. Prints what the kernel says."""
import ctypes, errno, os, struct

libc = ctypes.CDLL(None, use_errno=True)
SECCOMP = 317 if os.uname().machine == "x86_64" else 277
STRICT, FILTER, NEW_LISTENER = 0, 1, 8
PR_SET_SECCOMP, MODE_STRICT = 22, 1
instruction = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 1, ctypes.addressof(instruction)))


def said(result):
    return errno.errorcode[ctypes.get_errno()] if result < 0 else "allowed"


print("listener", said(libc.syscall(SECCOMP, FILTER, NEW_LISTENER, program)))
print("filter", said(libc.syscall(SECCOMP, FILTER, 0, program)))
print("strict", said(libc.syscall(SECCOMP, STRICT, 0, None)))
print("strict by prctl", said(libc.prctl(PR_SET_SECCOMP, MODE_STRICT, 0, 0, 0)), flush=True)
