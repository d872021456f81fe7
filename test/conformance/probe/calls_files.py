"""Calls on files and folders for `calls` steps: by path, by descriptor, watches and programs."""
import ctypes
import fcntl
import os
import select
import struct
import time

from kept import Kept, done, number, system_call
from outcome import error_name, show
from syscalls import checked, libc

AT_FDCWD, AT_EMPTY_PATH, AT_SYMLINK_FOLLOW = -100, 0x1000, 0x400
F_SETLEASE = 1024
HANDLE_BYTES = 128
FLOCK_BYTES = 32
WAIT_SECONDS = 1
# Of a program that shows this file in words, only AT_SECURE is kept.
AUXILIARY = "/proc/self/auxv"


def at(text):
    return text.encode()


def bits(text):
    """An octal mode."""
    return int(text, 8)


def payload(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def with_file(path, flags, work):
    fd = os.open(path, flags)
    try:
        return work(fd)
    finally:
        os.close(fd)


def open2(path, flags, resolve=0, mode="0"):
    how = struct.pack("=QQQ", number(flags), bits(mode), resolve)
    return Kept(system_call("openat2", AT_FDCWD, at(path), how, len(how)))


def read(fd, length=100):
    if not select.select([fd], [], [], WAIT_SECONDS)[0]:
        raise TimeoutError(62, "nothing to read")  # ETIME
    return show(os.read(fd, length))


def control(fd, command, argument=0):
    room = ctypes.create_string_buffer(256)
    struct.pack_into("=i", room, 0, argument)
    checked(libc.ioctl(fd, ctypes.c_ulong(number(command)), room), "ioctl")


def file_control(fd, command, argument=0):
    result = fcntl.fcntl(fd, number(command), number(argument))
    return oct(result & 0o7003) if number(command) == fcntl.F_GETFL else result


def lock(fd, command="F_SETLK", kind="F_RDLCK"):
    # All of struct flock: what is missing would be whatever the stack of the interpreter has there.
    fcntl.fcntl(fd, number(command), struct.pack("=hhlliI", number(kind), 0, 0, 1, 0, 0).ljust(FLOCK_BYTES, b"\0"))


def watch(path, mask=2):
    fd = system_call("inotify_init1", 0)
    try:
        system_call("inotify_add_watch", fd, at(path), mask)
    finally:
        os.close(fd)


def fanotify(path, mask=1, group=0, mark=1):
    fd = system_call("fanotify_init", number(group), 0)
    try:
        system_call("fanotify_mark", fd, number(mark), mask, AT_FDCWD, at(path))
    finally:
        os.close(fd)


def open_by_handle(path):
    room = ctypes.create_string_buffer(8 + HANDLE_BYTES)
    struct.pack_into("=I", room, 0, HANDLE_BYTES)
    mount_id = ctypes.c_int()
    system_call("name_to_handle_at", AT_FDCWD, at(path), room, ctypes.byref(mount_id), 0)
    return with_file(os.path.dirname(path), os.O_RDONLY, lambda fd: Kept(system_call("open_by_handle_at", fd, room, 0)))


def exec_child(path, argv, output, failure):
    try:
        os.dup2(output, 1)
        os.dup2(output, 2)
        if isinstance(path, str):
            os.execve(path, argv, {"PATH": "/usr/bin:/bin", "LC_ALL": "C"})
        words = (ctypes.c_char_p * (len(argv) + 1))(*[word.encode() for word in argv], None)
        system_call("execveat", path, b"", words, 0, AT_EMPTY_PATH)
    except OSError as error:
        os.write(failure, error_name(error.errno).encode())
    os._exit(127)


def run(path, *words):
    """A program by its path or descriptor: status and output, or why the call failed."""
    name = path if isinstance(path, str) else "fexec"
    output, output_end = os.pipe()
    failure, failure_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        exec_child(path, [name, *(str(word) for word in words)], output_end, failure_end)
    os.close(output_end)
    os.close(failure_end)
    text = b"".join(iter(lambda: os.read(output, 65536), b""))
    reason = os.read(failure, 100)
    os.close(output)
    os.close(failure)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if reason:
        return {"err": reason.decode()}
    out = text.decode("latin-1")
    if words and words[-1] == AUXILIARY:
        out = "".join("AT_SECURE=%s" % line.split()[1] for line in out.splitlines() if line.split()[:1] == ["23"])
    return {"rc": code, "out": out.rstrip("\n")}


BY_PATH = {
    "open": lambda path, flags="O_RDONLY", mode="644": Kept(os.open(path, number(flags), bits(mode))),
    "openat": lambda fd, path, flags="O_RDONLY", mode="644": Kept(os.open(path, number(flags), bits(mode), dir_fd=fd)),
    "openat2": open2,
    "tmpfile": lambda path, flags="O_RDWR": Kept(os.open(path, number(flags) | os.O_TMPFILE, 0o600)),
    "put": lambda path, data, flags="O_WRONLY": with_file(
        path, number(flags), lambda fd: done(os.write(fd, payload(data)))),
    "cat": lambda path, length=4096: with_file(path, os.O_RDONLY, lambda fd: show(os.read(fd, length))),
    # for contents that differ between machines
    "peek": lambda path: with_file(path, os.O_RDONLY, lambda fd: "some" if os.read(fd, 1) else "empty"),
    "fchmodat2": lambda path, mode, flags="AT_SYMLINK_NOFOLLOW": done(system_call(
        "fchmodat2", AT_FDCWD, at(path), bits(mode), number(flags))),
    "chmod": lambda path, mode="600": os.chmod(path, bits(mode)),
    "chown": lambda path, uid=0, gid=0: os.chown(path, uid, gid),
    "lchown": lambda path, uid=0, gid=0: os.lchown(path, uid, gid),
    "truncate": lambda path, length=0: os.truncate(path, length),
    "utime": lambda path: os.utime(path, (1, 1)),
    "lutime": lambda path: os.utime(path, (1, 1), follow_symlinks=False),
    "touch": lambda path: os.utime(path),
    "access": lambda path, mode=0: done(checked(libc.access(at(path), mode), "access")),
    "faccessat2": lambda path, mode, flags="AT_EACCESS": done(system_call(
        "faccessat2", AT_FDCWD, at(path), mode, number(flags))),
    "stat": lambda path: done(os.stat(path)),
    "lstat": lambda path: done(os.lstat(path)),
    "statfs": lambda path: done(os.statvfs(path)),
    "list": lambda path: sorted(os.listdir(path)),
    "readlink": os.readlink,
    "mkdir": lambda path, mode="755": os.mkdir(path, bits(mode)),
    "mkdirat": lambda fd, path, mode="755": os.mkdir(path, bits(mode), dir_fd=fd),
    "unlinkat": lambda fd, path: os.unlink(path, dir_fd=fd),
    "rmdir": os.rmdir,
    "unlink": os.unlink,
    "rename": os.rename,
    "rename2": lambda old, new, flags: done(checked(
        libc.renameat2(AT_FDCWD, at(old), AT_FDCWD, at(new), number(flags)), "renameat2")),
    "link": os.link,
    "symlink": os.symlink,
    "mknod": lambda path, kind="S_IFIFO", device=0: os.mknod(path, number(kind) | 0o644, device),
    "chdir": os.chdir,
    "getcwd": os.getcwd,
    "chroot": os.chroot,
    "inotify": watch,
    "fanotify": fanotify,
    "handle": open_by_handle,
    "run": run,
    "fexec": run,
    "nap": lambda seconds=0.05: time.sleep(seconds),
}

ATTRIBUTES = {
    "setxattr": lambda path, name, data, flags=0: os.setxattr(path, name, payload(data), flags),
    "lsetxattr": lambda path, name, data: os.setxattr(path, name, payload(data), follow_symlinks=False),
    "getxattr": lambda path, name: show(os.getxattr(path, name)),
    "lgetxattr": lambda path, name: show(os.getxattr(path, name, follow_symlinks=False)),
    "listxattr": lambda path: sorted(os.listxattr(path)),
    "llistxattr": lambda path: sorted(os.listxattr(path, follow_symlinks=False)),
    "removexattr": os.removexattr,
    "lremovexattr": lambda path, name: os.removexattr(path, name, follow_symlinks=False),
    "flistxattr": lambda fd: sorted(os.listxattr(fd)),
    "fremove": lambda fd, name: os.removexattr(fd, name),
    "fset": lambda fd, name, data: os.setxattr(fd, name, payload(data)),
    "fget": lambda fd, name: show(os.getxattr(fd, name)),
}

BY_DESCRIPTOR = {
    "close": os.close,
    "dup": lambda fd: Kept(os.dup(fd)),
    "dup2": lambda fd, place: done(os.dup2(fd, place)),
    "pipe": lambda: Kept(os.pipe()[1]),
    "pipes": lambda: Kept(*os.pipe()),
    "memfd": lambda name, flags=1: Kept(os.memfd_create(name, flags)),
    "reopen": lambda fd, flags="O_RDONLY": Kept(os.open("/proc/self/fd/%d" % fd, number(flags))),
    "read": read,
    "write": lambda fd, data="x": os.write(fd, payload(data)),
    "pread": lambda fd, length=100, offset=0: show(os.pread(fd, length, offset)),
    "pwrite": lambda fd, data="x", offset=0: os.pwrite(fd, payload(data), offset),
    "lseek": lambda fd, offset=0, whence=0: os.lseek(fd, offset, whence),
    "sendfile": lambda to, source, length=4: os.sendfile(to, source, 0, length),
    "copyrange": lambda source, to, length=4: os.copy_file_range(source, to, length, 0, 0),
    "splice": lambda source, to, length=4: os.splice(source, to, length),
    "fallocate": lambda fd, length=10: os.posix_fallocate(fd, 0, length),
    "fsync": os.fsync,
    "ftruncate": lambda fd, length=0: os.ftruncate(fd, length),
    "fchmod": lambda fd, mode="600": os.fchmod(fd, bits(mode)),
    "fchown": lambda fd, uid=0, gid=0: os.fchown(fd, uid, gid),
    "futime": lambda fd: os.utime(fd, (1, 1)),
    "fstat": lambda fd: done(os.fstat(fd)),
    "fstatfs": lambda fd: done(os.fstatvfs(fd)),
    "fchdir": os.fchdir,
    "flist": lambda fd: sorted(os.listdir(fd)),
    "flink": lambda fd, path: done(checked(
        libc.linkat(fd, b"", AT_FDCWD, at(path), AT_EMPTY_PATH), "linkat")),
    "linkproc": lambda fd, path: done(checked(
        libc.linkat(AT_FDCWD, b"/proc/self/fd/%d" % fd, AT_FDCWD, at(path), AT_SYMLINK_FOLLOW), "linkat")),
    "ioctl": control,
    "fcntl": file_control,
    # a call by path, by the link to a descriptor of one's own
    "via": lambda name, fd, *more: CALLS[name]("/proc/self/fd/%d" % fd, *more),
    "flock": lambda fd, how="LOCK_SH|LOCK_NB": fcntl.flock(fd, number(how)),
    "lockf": lock,
    "lease": lambda fd, kind="F_RDLCK": done(fcntl.fcntl(fd, F_SETLEASE, number(kind))),
}

CALLS = {**BY_PATH, **ATTRIBUTES, **BY_DESCRIPTOR}
