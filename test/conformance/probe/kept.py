"""What calls of a `calls` step take and give: numbers by name, x86-64 call numbers, and results that later calls use."""
import ctypes
import fcntl
import mmap
import os
import resource
import signal
import socket
import stat

from syscalls import checked, libc

NUMBERS = {
    "AT_EACCESS": 0x200, "AT_SYMLINK_NOFOLLOW": 0x100,
    "FAN_REPORT_FID": 0x200, "FAN_MARK_ADD": 1, "FAN_MARK_MOUNT": 0x10, "FAN_MARK_FILESYSTEM": 0x100,
    "RENAME_NOREPLACE": 1, "RENAME_EXCHANGE": 2, "RENAME_WHITEOUT": 4,
    "MS_RDONLY": 1, "MS_NOSUID": 2, "MS_NODEV": 4, "MS_NOEXEC": 8, "MS_REMOUNT": 32, "MS_BIND": 4096, "MS_MOVE": 8192,
    "MS_REC": 16384, "MS_UNBINDABLE": 1 << 17, "MS_PRIVATE": 1 << 18, "MS_SLAVE": 1 << 19, "MS_SHARED": 1 << 20,
    "MNT_DETACH": 2,
    "IPC_CREAT": 0o1000, "IPC_EXCL": 0o2000, "IPC_NOWAIT": 0o4000, "IPC_RMID": 0, "IPC_SET": 1, "IPC_STAT": 2,
    "IPC_INFO": 3, "SHM_RDONLY": 0o10000, "SHM_LOCK": 11, "SHM_UNLOCK": 12, "SHM_STAT": 13, "SHM_INFO": 14,
    "GETPID": 11, "GETVAL": 12, "GETALL": 13, "GETNCNT": 14, "GETZCNT": 15, "SETVAL": 16, "SETALL": 17,
    "PR_SET_NAME": 15, "PR_SET_DUMPABLE": 4, "PR_CAPBSET_DROP": 24, "PR_SET_MM": 35, "PR_SET_PTRACER": 0x59616d61,
}
MODULES = (os, socket, signal, fcntl, resource, mmap, stat)

CALL_NUMBERS = {
    "syslog": 103, "ioprio_set": 251, "ioprio_get": 252, "add_key": 248, "request_key": 249, "keyctl": 250,
    "inotify_add_watch": 254, "get_robust_list": 274, "move_pages": 279, "inotify_init1": 294, "perf_event_open": 298,
    "fanotify_init": 300, "fanotify_mark": 301, "name_to_handle_at": 303, "open_by_handle_at": 304, "bpf": 321,
    "execveat": 322, "userfaultfd": 323, "tgkill": 234, "pivot_root": 155, "pidfd_send_signal": 424,
    "io_uring_setup": 425, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432,
    "pidfd_open": 434, "openat2": 437, "pidfd_getfd": 438, "faccessat2": 439,
    "fchmodat2": 452,
}


class Kept:
    """A result that later calls of the scenario use by a name: a descriptor (or a pair), or else a pid, id or address."""

    def __init__(self, value, second=None, descriptor=True):
        self.value, self.second, self.descriptor = value, second, descriptor

    def close(self):
        """For a result that no name was given to."""
        if self.descriptor:
            for fd in (self.value, self.second):
                if fd is not None:
                    os.close(fd)


def identity(value):
    """A pid, id or address."""
    return Kept(value, descriptor=False)


def done(_result):
    """For a call whose result says nothing."""


def named_number(name):
    if name[0] in "-0123456789":
        return int(name, 0)
    if name in NUMBERS:
        return NUMBERS[name]
    for module in MODULES:
        if hasattr(module, name):
            return int(getattr(module, name))
    raise ValueError("unknown constant %r" % name)


def number(value):
    """A number, or names joined by |."""
    if isinstance(value, int):
        return value
    total = 0
    for name in value.split("|"):
        total |= named_number(name.strip())
    return total


def system_call(name, *arguments):
    """A call that neither Python nor the C library offers; texts are bytes."""
    values = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return checked(libc.syscall(ctypes.c_long(CALL_NUMBERS[name]), *values), name)
