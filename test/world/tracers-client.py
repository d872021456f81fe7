"""Traces in all ways that make a tracer, and prints what became of it: one line each."""

import ctypes
import errno
import os
import signal

PR_SET_PTRACER = 0x59616D61
PTRACE_TRACEME, PTRACE_ATTACH, PTRACE_DETACH, PTRACE_SEIZE = 0, 16, 17, 0x4206
libc = ctypes.CDLL(None, use_errno=True)


def call(function, *arguments):
    result = function(*map(ctypes.c_long, arguments))
    return "ok" if result == 0 else errno.errorcode[ctypes.get_errno()]


def sleeper(wish=None):
    """A process that has made its wish and waits until standard input of its own ends."""
    told, tell = os.pipe()
    wait, keep = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(keep)
        text = "-" if wish is None else call(libc.prctl, PR_SET_PTRACER, wish(), 0, 0, 0)
        os.write(tell, text.encode())
        os.read(wait, 1)
        os._exit(0)
    os.close(tell)
    return pid, os.read(told, 100).decode(), keep


def attempt(name, request, pid):
    """In a child without capabilities that is nobody's ancestor."""
    child = os.fork()
    if child == 0:
        os.setresgid(2000001000, 2000001000, 2000001000)
        os.setresuid(2000001000, 2000001000, 2000001000)
        result = call(libc.ptrace, request, pid, 0, 0)
        if result == "ok" and request == PTRACE_ATTACH:
            os.waitpid(pid, 0x40000000)
            libc.ptrace(PTRACE_DETACH, pid, 0, 0)
        print(name, result, flush=True)
        os._exit(0)
    os.waitpid(child, 0)


def user():
    os.setresgid(2000001000, 2000001000, 2000001000)
    os.setresuid(2000001000, 2000001000, 2000001000)
    libc.prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE: the host's own rule is not in the way


def traced(name):
    child = os.fork()
    if child == 0:
        print(name, call(libc.ptrace, PTRACE_TRACEME, 0, 0, 0), flush=True)
        os._exit(0)
    os.waitpid(child, 0)


def as_user():
    """Everybody is user 2000001000 from here on, so that only Yama is in the way."""
    user()
    for name, wish in (("unwilling", None), ("anybody", lambda: -1), ("wrong", lambda: 4194303)):
        pid, said, keep = sleeper(wish)
        print(name, said, flush=True)
        attempt(name, PTRACE_ATTACH, pid)
        os.close(keep)
    traced("traceme")
    maker()
    changing()


def maker():
    """Has all capabilities in the user namespace that its child makes."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        said = call(libc.unshare, 0x10000000)  # CLONE_NEWUSER
        libc.prctl(4, 1, 0, 0, 0)
        os.write(tell, said.encode())
        signal.pause()
    print("namespace", os.read(told, 100).decode(), flush=True)
    print("maker", call(libc.ptrace, PTRACE_SEIZE, child, 0, 0), flush=True)
    os.kill(child, signal.SIGKILL)


def changing():
    """Of its child, which may be looked into every other moment; then bad requests."""
    child = os.fork()
    if child == 0:
        while True:
            libc.prctl(4, 0, 0, 0, 0)
            libc.prctl(4, 1, 0, 0, 0)
    results = [call(libc.ptrace, PTRACE_SEIZE, child, *bad) for bad in ((8, 0), (0, 0x100), (0, 1 << 40))]
    while "ok" not in results and len(results) < 400:
        results.append(call(libc.ptrace, PTRACE_SEIZE, child, 0, 0))
    print("changing", *results[:3], results[-1], flush=True)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print("gone", call(libc.ptrace, PTRACE_ATTACH, child, 0, 0), call(libc.ptrace, PTRACE_ATTACH, 0, 0, 0), flush=True)


if __name__ == "__main__":
    as_user()
