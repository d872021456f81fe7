"""Calls on processes for `calls` steps: signals, tracing, scheduling, limits, identity, capabilities, namespaces, memory."""
import ctypes
import mmap
import os
import resource
import struct
import time

from commands import become
from kept import Kept, done, identity, number, system_call
from syscalls import CAPABILITY_VERSION_3, MAP_FAILED, MMAP_PROTECTION, NAMESPACES, checked, libc, map_file, protect

PTRACE_TRACEME, PTRACE_ATTACH, PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 0, 16, 17, 0x4206, 0x4207
WALL = 0x40000000
IOPRIO_WHO_PROCESS, IOPRIO_BEST_EFFORT_4 = 1, 2 << 13 | 4
PAGE = 4096
CLONE_NEWIPC = 0x8000000
STATES = {"R": "running", "S": "running", "T": "stopped", "t": "traced", "Z": "dead", "X": "dead"}

libc.sigqueue.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.getauxval.restype = ctypes.c_ulong
libc.process_vm_readv.restype = libc.process_vm_writev.restype = ctypes.c_ssize_t


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def close_all(kept):
    for fd in range(3, 200):
        if fd not in kept:
            try:
                os.close(fd)
            except OSError:
                pass  # not open


def background(work, kept=()):
    """Forks; `work` in the child, which then waits for the end of this process. Returns the pid and what `work` told (bytes)."""
    reading, writing = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            close_all([writing, *kept])
            os.write(writing, work())
            os.close(writing)
            # No death signal: modules decide about that one too, by the parent's label at its end.
            while os.getppid() == parent:
                time.sleep(0.1)
        finally:
            os._exit(1)
    os.close(writing)
    told = os.read(reading, 1)
    os.close(reading)
    return pid, told


def bystander(uid):
    """A sleeping process of another user."""
    def work():
        become(uid)
        return b"k"
    return identity(background(work)[0])


def ended(kid):
    """The exit status of a child."""
    return os.waitstatus_to_exitcode(os.waitpid(kid, 0)[1])


def trace_me():
    """In a child: a traced process stops at its next signal."""
    kid = os.fork()
    if kid == 0:
        os._exit(ctypes.get_errno() if libc.ptrace(PTRACE_TRACEME, 0, None, None) < 0 else 0)
    code = ended(kid)
    if code:
        raise OSError(code, "ptrace")


def trace(what, pid):
    if what == "traceme":
        trace_me()
        return
    request = {"attach": PTRACE_ATTACH, "seize": PTRACE_SEIZE}[what]
    checked(libc.ptrace(request, pid, None, None), "ptrace")
    if request == PTRACE_SEIZE:
        libc.ptrace(PTRACE_INTERRUPT, pid, None, None)
    os.waitpid(pid, WALL)
    libc.ptrace(PTRACE_DETACH, pid, None, None)


def other_memory(pid, write=False):
    """Eight bytes at an address of this process."""
    room = ctypes.create_string_buffer(8)
    part = ctypes.byref(Vector(ctypes.cast(room, ctypes.c_void_p), len(room)))
    call = libc.process_vm_writev if write else libc.process_vm_readv
    return checked(call(pid, part, 1, part, 1, 0), "process_vm")


def state(pid):
    try:
        fd = os.open("/proc/%d/stat" % pid, os.O_RDONLY)
        try:
            letter = os.read(fd, 4096).decode().rpartition(")")[2].split()[0]
        finally:
            os.close(fd)
        while letter == "R":  # also of one that a signal to stop has reached, and that has not stopped yet
            letter = letter_of_status(pid)
    except ProcessLookupError:
        return "gone"
    return STATES.get(letter, letter)


def letter_of_status(pid):
    """Of a file whose reading is no look into the process, which modules would record each time."""
    with open("/proc/%d/status" % pid) as status:
        return next(line for line in status if line.startswith("State:")).split()[1]


def set_limit(kind, soft, hard):
    try:
        resource.setrlimit(number(kind), (soft, hard))
    except ValueError as error:  # Python's own word for EPERM
        raise PermissionError(1, "setrlimit") from error


def limit_of(pid, kind="RLIMIT_CORE", limits=None):
    try:
        resource.prlimit(pid, number(kind), *([] if limits is None else [tuple(limits)]))
    except ValueError as error:
        raise PermissionError(1, "prlimit") from error


def capabilities_of(pid):
    done(checked(libc.capget(struct.pack("<Ii", CAPABILITY_VERSION_3, pid), ctypes.create_string_buffer(24)), "capget"))


def set_capabilities():
    """To what they are."""
    header, room = struct.pack("<Ii", CAPABILITY_VERSION_3, 0), ctypes.create_string_buffer(24)
    checked(libc.capget(header, room), "capget")
    checked(libc.capset(header, room), "capset")


def robust_list(pid):
    head, length = ctypes.c_void_p(), ctypes.c_size_t()
    system_call("get_robust_list", pid, ctypes.byref(head), ctypes.byref(length))


def fork_once():
    kid = os.fork()
    if kid == 0:
        os._exit(0)
    return os.waitpid(kid, 0)[1]


def unshare(*names):
    bits = {**NAMESPACES, "ipc": CLONE_NEWIPC}
    checked(libc.unshare(sum(bits[name] for name in names)), "unshare")


def protection(mode):
    return sum(MMAP_PROTECTION[letter] for letter in mode)


def map_anonymous(mode):
    address = libc.mmap(None, PAGE, protection(mode), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    if address is None or address == MAP_FAILED:
        raise OSError(ctypes.get_errno(), "mmap")
    return address


def set_host_name():
    """To what it is."""
    name = os.uname().nodename.encode()
    checked(libc.sethostname(name, len(name)), "sethostname")


SIGNALS = {
    "kill": lambda pid, sig=0: os.kill(pid, number(sig)),
    "tgkill": lambda pid, sig=0: done(system_call("tgkill", pid, pid, number(sig))),
    "sigqueue": lambda pid, sig: done(checked(libc.sigqueue(pid, number(sig), None), "sigqueue")),
    "pidfd": lambda pid: Kept(system_call("pidfd_open", pid, 0)),
    "pidfd_kill": lambda fd, sig=0: done(system_call("pidfd_send_signal", fd, number(sig), 0, 0)),
    "pidfd_getfd": lambda fd, other=1: Kept(system_call("pidfd_getfd", fd, other, 0)),
    "isalive": state,
    "bystander": bystander,
    "fork": fork_once,
}

LOOKING = {
    "ptrace": trace,
    "vm_readv": other_memory,
    "getpgid": lambda pid: done(os.getpgid(pid)),
    "setpgid": lambda pid, group=0: os.setpgid(pid, group),
    "getsid": lambda pid: done(os.getsid(pid)),
    "getsched": os.sched_getscheduler,
    "getparam": lambda pid: os.sched_getparam(pid).sched_priority,
    "setsched": lambda pid: os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0)),
    "getaffinity": lambda pid: done(os.sched_getaffinity(pid)),
    "setaffinity": lambda pid: os.sched_setaffinity(pid, os.sched_getaffinity(0)),
    "getnice": lambda pid: os.getpriority(os.PRIO_PROCESS, pid),
    "setnice": lambda pid, nice=5: os.setpriority(os.PRIO_PROCESS, pid, nice),
    "ioprio_get": lambda pid: system_call("ioprio_get", IOPRIO_WHO_PROCESS, pid),
    "ioprio_set": lambda pid: done(system_call("ioprio_set", IOPRIO_WHO_PROCESS, pid, IOPRIO_BEST_EFFORT_4)),
    "prlimit": limit_of,
    "setrlimit": set_limit,
    "getrlimit": lambda kind: [*resource.getrlimit(number(kind))],
    "getcap": capabilities_of,
    "robust": robust_list,
    "movepages": lambda pid: done(system_call("move_pages", pid, 0, 0, 0, 0, 0)),
}

def protect_heap(mode="rwx"):
    """A page of the area that brk(2) makes."""
    libc.sbrk.restype = ctypes.c_void_p
    libc.sbrk(ctypes.c_long(2 * PAGE))
    end = libc.sbrk(ctypes.c_long(0))
    protect((end - PAGE) & -PAGE, PAGE, protection(mode))


def protect_stack():
    with open("/proc/self/maps") as maps:
        for line in maps:
            if "[stack]" in line:
                protect(int(line.split("-")[1].split()[0], 16) - PAGE, PAGE, protection("rwx"))


SELF = {
    "setcap": set_capabilities,
    "prctl": lambda what, a=0, b=0: checked(libc.prctl(number(what), ctypes.c_ulong(a), ctypes.c_ulong(b), 0, 0), "prctl"),
    "become": become,
    "setuid": os.setuid,
    "setgid": os.setgid,
    "setgroups": lambda *groups: os.setgroups([*groups]),
    "unshare": unshare,
    "sethostname": set_host_name,
    "syslog": lambda kind=10: done(system_call("syslog", kind, ctypes.create_string_buffer(64), 64)),
    "mmap": lambda fd, mode="r", sharing="private": identity(
        map_anonymous(mode) if fd is None or fd < 0 else map_file(fd, PAGE, mode, sharing)),
    "mprotect": lambda address, mode="rx": protect(address, PAGE, protection(mode)),
    "dirty": lambda address: done(ctypes.memmove(address, b"x", 1)),
    "heapx": protect_heap,
    "stackx": protect_stack,
}

MOUNTS = {
    "mount": lambda source, path, kind="", flags=0, options=None: done(checked(libc.mount(
        source.encode(), path.encode(), kind.encode() or None, ctypes.c_ulong(number(flags)),
        options.encode() if options else None), "mount")),
    "umount": lambda path, flags=0: done(checked(libc.umount2(path.encode(), number(flags)), "umount")),
    "pivot_root": lambda new, old: done(system_call("pivot_root", new.encode(), old.encode())),
    "open_tree": lambda path, flags=1: Kept(system_call("open_tree", -100, path.encode(), flags)),
    "fsopen": lambda kind: Kept(system_call("fsopen", kind.encode(), 0)),
    "fsconfig": lambda fd, command=6: done(system_call("fsconfig", fd, command, 0, 0, 0)),
    "fsmount": lambda fd: Kept(system_call("fsmount", fd, 0, 0)),
    "move_mount": lambda fd, path: done(system_call("move_mount", fd, b"", -100, path.encode(), 4)),
}

CALLS = {**SIGNALS, **LOOKING, **SELF, **MOUNTS}
