"""Operations of a world with SELinux, and how long one takes. For what the bench runs inside of a world."""
import ctypes, os, time

libc = ctypes.CDLL(None, use_errno=True)
FS = b"/sys/fs/selinux"
CLONE_NEWNS, MS_PRIVATE_REC = 0x20000, 0x44000


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def median(function, times):
    """In microseconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        taken.append((time.perf_counter() - start) * 1e6)
    return sorted(taken)[times // 2]


def read(path):
    fd = os.open(path, os.O_RDONLY)
    os.read(fd, 4096)
    os.close(fd)


def write(path, data):
    fd = os.open(path, os.O_WRONLY)
    os.write(fd, data)
    os.close(fd)


def read_enforce():
    read(FS + b"/enforce")


def access(query):
    fd = os.open(FS + b"/access", os.O_RDWR)
    os.write(fd, query)
    os.read(fd, 4096)
    os.close(fd)


def enter():
    """A namespace of one's own with its selinuxfs, as the talk's sequence makes it."""
    write(FS + b"/unshare", b"1")
    checked(libc.unshare(CLONE_NEWNS))
    checked(libc.mount(None, b"/", None, MS_PRIVATE_REC, None))
    checked(libc.umount2(FS, 0))
    checked(libc.mount(b"none", FS, b"selinuxfs", 0, None))
