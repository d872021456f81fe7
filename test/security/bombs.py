"""Much of everything, as a user in a world. argv: what; says `calling` when it is all there, and stays until it is killed."""
import ctypes, os, resource, signal, struct, sys, time

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER, CLONE_NEWNS = 0x10000000, 0x20000
CURRENT = "/proc/thread-self/attr/current"


def stay():
    print("calling", flush=True)
    while True: time.sleep(60)


def read(path):
    try:
        with open(path) as file: return file.read(100)
    except OSError: return ""


def unshare(flags):
    return libc.unshare(flags) == 0


def descriptors():
    """As many open files of ours as a process may have (200), in five processes."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 200), most))
    for _ in range(5):
        done = os.pipe()
        if os.fork() == 0:
            try:
                while True: os.open("/sys/fs/selinux/access", os.O_RDWR)
            except OSError: os.write(done[1], b"x")
            while True: time.sleep(60)
        os.read(done[0], 1)
    stay()


def sleepers():
    """100 processes that poll a file for ever."""
    import select
    for _ in range(100):
        if os.fork() == 0:
            poll = select.poll()
            poll.register(os.open("/sys/fs/selinux/status", os.O_RDONLY), select.POLLPRI)
            while True: poll.poll()
    stay()


def namespaces():
    """User and mount namespaces in each other, as deep as they go; the label is looked at in each."""
    depth = 0
    while unshare(CLONE_NEWUSER | CLONE_NEWNS):
        depth += 1
        read(CURRENT)
    for _ in range(200): read(CURRENT)
    stay()


def mounts():
    """A thousand mounts in a namespace of its own."""
    if unshare(CLONE_NEWUSER | CLONE_NEWNS):
        os.chdir("/mnt/own")
        for number in range(1000):
            if libc.mount(b"/mnt/own", b"/mnt/own", None, 4096, None) != 0: break
        read("/proc/self/mounts")
    stay()


def xattrs():
    """Files with as many attributes as fit, listed and read all the time."""
    path = "/mnt/own/many"
    open(path, "w").close()
    try:
        for number in range(10000): os.setxattr(path, f"user.{'x' * 200}{number}", b"v" * 60)
    except OSError: pass
    if os.fork() == 0:
        while True:
            try:
                os.listxattr(path)
                os.getxattr(path, "security.selinux")
            except OSError: pass
    stay()


def filters():
    """A listener of its own: the kernel allows one in a chain of filters. Then filters until no more fit."""
    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]
    allow = ctypes.create_string_buffer(struct.pack("<HBBI", 6, 0, 0, 0x7FFF0000), 8)
    program = Program(1, ctypes.addressof(allow))
    number = 317 if os.uname().machine == "x86_64" else 277
    libc.prctl(38, 1, 0, 0, 0)
    assert libc.syscall(number, 1, 8, ctypes.byref(program)) < 0, "a second listener"
    while libc.syscall(number, 1, 0, ctypes.byref(program)) == 0: pass
    for _ in range(200): read(CURRENT)
    stay()


def handles():
    """Handles of our files by the thousand; who is not root cannot open one."""
    buffer = ctypes.create_string_buffer(136)
    mount = ctypes.c_int()
    for _ in range(2000):
        struct.pack_into("<I", buffer, 0, 128)
        libc.name_to_handle_at(-100, b"/sys/fs/selinux/enforce", buffer, ctypes.byref(mount), 0)
    assert libc.open_by_handle_at(os.open("/sys/fs/selinux", os.O_RDONLY), buffer, 0) < 0, "opened"
    stay()


globals()[sys.argv[1]]()
