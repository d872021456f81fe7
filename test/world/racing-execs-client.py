"""Two threads of a process execute at once, one of them a program by which the label changes.

argv: a directory on a tmpfs, a policy. Prints which programs ran with which label: at last of one that has the name of the other by the
time that it runs, whose call failed.
"""
import ctypes
import os
import subprocess
import sys
import threading
import time

directory, policy = sys.argv[1:3]
SELINUX = "/sys/fs/selinux/"
libc = ctypes.CDLL(None)


def made(name, label):
    subprocess.run(["cp", "/bin/cat", name], check=True)
    os.setxattr(name, "security.selinux", f"u:object_r:{label}\0".encode())


def execute(name):
    arguments = [name, b"/proc/self/comm", b"/proc/self/attr/current", None]
    libc.execv(name, (ctypes.c_char_p * len(arguments))(*arguments))


def race(first, second, after):
    threading.Thread(target=execute, args=[first]).start()
    end = time.perf_counter() + after
    while time.perf_counter() < end:
        pass
    execute(second)


def pretend(fd):
    failing = threading.Thread(target=lambda: libc.execv(b"./door", ctypes.c_void_p(8)))
    failing.start()
    failing.join()
    os.rename("door", "kept")
    if os.fork() == 0:
        os.close(1)
        while not os.path.exists("stop"):
            os.rename("plain", "door")
            os.rename("door", "plain")
        os.unlink("stop")
        os._exit(0)
    arguments = [b"./plain", b"/proc/self/attr/current", None]
    libc.syscall({"x86_64": 322, "aarch64": 281}[os.uname().machine], fd, b"", (ctypes.c_char_p * 3)(*arguments), None, 0x1000)


def outcome(function, *arguments):
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(write, 1)
        os.close(write)
        function(*arguments)
    os.close(write)
    with open(read, "rb") as file:
        text = file.read()
    os.waitpid(pid, 0)
    return text.rstrip(b"\0").decode().replace("\n", " ")


with open(SELINUX + "enforce", "w") as file:
    file.write("1")
with open(policy, "rb") as file, open(SELINUX + "load", "wb", buffering=0) as load:
    load.write(file.read())
os.chdir(directory)
made("plain", "tmpfs_t")
made("door", "door_t")
programs = [b"./door", b"./plain"]
outcomes = [outcome(race, *programs[:: 1 if number % 2 else -1], number % 40 * 25e-6) for number in range(120)]
print(*sorted(set(outcomes)), sep="\n")


def pretended():
    text = outcome(pretend, os.open("plain", os.O_PATH | os.O_CLOEXEC))
    open("stop", "w").close()
    while os.path.exists("stop"):
        pass
    os.rename("kept", "door")
    return text


print("pretended", *sorted({pretended() for _ in range(60)}))
