#!/usr/bin/python3
"""refuse.py NUMBER=ERRNO[,...] CMD...: becomes CMD under a seccomp filter that refuses these system calls."""
import ctypes
import os
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000


def instruction(code, equal, other, value):
    return struct.pack("<HBBI", code, equal, other, value)


def main():
    program = instruction(LOAD, 0, 0, 0)  # seccomp_data.nr
    for pair in sys.argv[1].split(","):
        number, errno = map(int, pair.split("="))
        program += instruction(EQUAL, 0, 1, number) + instruction(RETURN, 0, 0, REFUSE | errno)
    program += instruction(RETURN, 0, 0, ALLOW)
    libc = ctypes.CDLL(None, use_errno=True)
    memory = ctypes.create_string_buffer(program)
    header = struct.pack("<HxxxxxxQ", len(program) // 8, ctypes.addressof(memory))
    # Root needs no no_new_privs, which would be one more thing that the box has.
    if os.geteuid() != 0:
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0) != 0:
        sys.exit("refuse.py: " + os.strerror(ctypes.get_errno()))
    os.execvp(sys.argv[2], sys.argv[2:])


main()
