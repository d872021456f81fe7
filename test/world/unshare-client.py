"""lsm_unshare(2) in a world of profile 2026. One JSON line for each step."""

import ctypes
import errno
import json
import os
import struct

libc = ctypes.CDLL(None, use_errno=True)

LSM_UNSHARE = 472
SELINUX, APPARMOR, YAMA = 101, 104, 105
SELINUXFS = "/sys/fs/selinux"
NAMESPACES = "/sys/kernel/security/apparmor/policy/namespaces"


def say(step, value):
    print(json.dumps({"step": step, "value": value}), flush=True)


def context(module, value=b""):
    return struct.pack("<QQQQ", module, 0, 32 + len(value), len(value)) + value


def unshare(ctx, size=None, flags=0):
    """0, or the name of the error."""
    size = len(ctx) if size is None else size
    result = libc.syscall(LSM_UNSHARE, ctx, ctypes.c_uint(size), ctypes.c_uint(flags))
    if result >= 0:
        return result
    code = ctypes.get_errno()
    return "EOPNOTSUPP" if code == errno.EOPNOTSUPP else errno.errorcode[code]  # it has two names


def label(module, pid="thread-self"):
    with open(f"/proc/{pid}/attr/{module}/current") as file:
        return file.read().rstrip("\0\n")


def read(name):
    with open(f"{SELINUXFS}/{name}") as file:
        return file.read()


def write(path, text):
    try:
        with open(path, "w") as file:
            file.write(text)
        return "ok"
    except OSError as error:
        return errno.errorcode[error.errno]


def errors():
    say("flags", unshare(context(SELINUX), flags=1))
    say("short", unshare(context(SELINUX), size=31))
    say("more than a page", unshare(context(SELINUX), size=4097))
    say("null", unshare(None, size=32))
    say("unreadable", unshare(ctypes.c_void_p(16), size=32))
    say("length", unshare(struct.pack("<QQQQ", SELINUX, 0, 33, 0)))
    say("context length", unshare(struct.pack("<QQQQ", SELINUX, 0, 32, 1)))
    say("two", unshare(context(SELINUX) + context(APPARMOR)))
    say("unknown", unshare(context(999)))
    say("without namespaces", unshare(context(YAMA)))
    say("with a value", [unshare(context(SELINUX, b"web")), unshare(context(APPARMOR, b"web"))])
    say("still", [label("selinux"), label("apparmor"), os.listdir(NAMESPACES)])


def move():
    """A child moves; pipes say when the parent may look, and when the child may go."""
    looked, go = os.pipe()
    ready, done = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go)
        say("apparmor", [unshare(context(APPARMOR)), label("apparmor"), label("selinux")])
        say("policy seen", os.listdir(NAMESPACES))
        say("selinux", [unshare(context(SELINUX)), label("selinux"), label("apparmor")])
        say("not mine", write(f"{SELINUXFS}/enforce", "1"))
        assert libc.unshare(0x20000) == 0
        assert libc.mount(None, b"/", None, 0x44000, None) == 0  # MS_REC | MS_PRIVATE
        assert libc.umount2(SELINUXFS.encode(), 0) == 0
        assert libc.mount(b"none", SELINUXFS.encode(), b"selinuxfs", 0, None) == 0
        say("mine", [write(f"{SELINUXFS}/enforce", "1"), read("enforce"), os.path.exists(f"{SELINUXFS}/unshare")])
        grandchild = os.fork()
        if grandchild == 0:
            say("inherited", [label("selinux"), label("apparmor")])
            os._exit(0)
        os.waitpid(grandchild, 0)
        os.write(done, b"x")
        os.read(looked, 1)
        os._exit(0)
    os.close(done)
    os.read(ready, 1)
    say("outside", [label("selinux"), label("apparmor"), read("enforce"), os.listdir(NAMESPACES)])
    say("from outside", [label("selinux", child), label("apparmor", child)])
    os.close(go)
    say("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def user():
    """Without capabilities: SELinux asks its policy alone, AppArmor for an administrator."""
    os.setgroups([])
    os.setgid(2000001000)
    os.setuid(2000001000)
    say("user", [unshare(context(APPARMOR)), unshare(context(SELINUX)), label("apparmor")])


errors()
move()
user()
