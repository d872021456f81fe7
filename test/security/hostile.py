"""
What a hostile user does: filesystems that never answer, and system calls that use them. Run as a user without privileges.

usage: hostile.py COMMAND ...   (see the functions below)
"""
import array, ctypes, fcntl, mmap, os, resource, select, shutil, signal, socket, struct, subprocess, sys, threading, time

libc = ctypes.CDLL(None, use_errno=True)


def mount(directory, options):
    """fusermount3, which is setuid root. Returns the descriptor of /dev/fuse."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        os.set_inheritable(theirs.fileno(), True)
        os.environ["_FUSE_COMMFD"] = str(theirs.fileno())
        os.execlp("fusermount3", "fusermount3", "-o", options, "--", directory)
    theirs.close()
    _, control, _, _ = ours.recvmsg(1, socket.CMSG_SPACE(4))
    os.wait()
    if not control:
        sys.exit("fusermount3 failed")
    fds = array.array("i")
    fds.frombytes(control[0][2][:4])
    return fds[0]


LOOKUP, GETATTR, OPEN, READ, STATFS, RELEASE, GETXATTR, LISTXATTR, FLUSH, INIT = 1, 3, 14, 15, 17, 18, 22, 23, 25, 26
WRITE, OPENDIR, ACCESS = 16, 27, 34
NAMES = {"LOOKUP": LOOKUP, "GETATTR": GETATTR, "OPEN": OPEN, "READ": READ, "WRITE": WRITE, "STATFS": STATFS, "GETXATTR": GETXATTR,
         "LISTXATTR": LISTXATTR, "FLUSH": FLUSH}
# Answers to open(2): pages of the file stay; reads and writes go past them.
KEEP_CACHE, DIRECT_IO = 2, 1
# Of INIT: files are looked up for handles.
EXPORT_SUPPORT = 1 << 4


def attributes(node):
    mode = 0o40755 if node == 1 else 0o100755
    return struct.pack("<6Q10I", node, 4096, 8, 0, 0, 0, 0, 0, 0, mode, 1, os.getuid(), os.getgid(), 0, 4096, 0)


def serve(device, silent, hush=None):
    """A directory in which every name is a file of one page. Requests in `silent` are never answered, once the file `hush` is there.
    Where writes are not answered, a file that is open already is opened for direct I/O."""
    opened = KEEP_CACHE if WRITE in silent else 0
    while True:
        try:
            request = os.read(device, 1 << 20)
        except OSError:
            os._exit(0)
        _, opcode, unique, node = struct.unpack_from("<IIQQ", request)
        if opcode in silent and (hush is None or os.path.exists(hush)):
            if opcode == LOOKUP:
                print("asked", flush=True)
            continue
        error, body = 0, b""
        if opcode == INIT:
            body = struct.pack("<IIIIHHIIHHI", 7, 31, 0, EXPORT_SUPPORT, 12, 9, 1 << 17, 1, 32, 0, 0) + bytes(28)
        elif opcode == GETATTR:
            body = struct.pack("<QII", 0, 0, 0) + attributes(node)
        elif opcode == LOOKUP:
            body = struct.pack("<QQQQII", 2, 0, 0, 0, 0, 0) + attributes(2)
        elif opcode == OPEN:
            body = struct.pack("<QII", 0, opened, 0)
            opened |= DIRECT_IO if opened else 0
        elif opcode == OPENDIR:
            body = struct.pack("<QII", 0, 0, 0)
        elif opcode == READ:
            body = b"#!/bin/true\n"
        elif opcode == STATFS:
            body = bytes(80)
        elif opcode in (2, 42):
            continue
        elif opcode == GETXATTR and hush is not None:
            error = -61  # it will be asked again
        elif opcode not in (FLUSH, RELEASE, 29):
            error = -38
        os.write(device, struct.pack("<IiQ", 16 + len(body), error, unique) + body)


def filesystem(directory, options, *silent):
    """DIRECTORY OPTIONS [LATER] [REQUEST]...: mounts and serves until it is killed; says `mounted` first. LATER = when there is own/hush."""
    device = mount(directory, options)
    print("mounted", flush=True)
    if {"WRITE", "FLUSH"} & set(silent):
        signal.alarm(30)  # ps(1) on the whole machine waits as long as this lives
    serve(device, {NAMES[name] for name in silent if name != "LATER"}, "/mnt/own/hush" if "LATER" in silent else None)


def page(path):
    """FILE: open(2) with a path argument that lies in a mapped page of FILE."""
    file = os.open(path, os.O_RDONLY)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    address = libc.mmap(None, 4096, mmap.PROT_READ, mmap.MAP_PRIVATE, file, 0)
    print("calling", flush=True)
    libc.open(ctypes.c_void_p(address), os.O_RDONLY)


def watching(path, call="flock"):
    """FILE [sendfile]: flock(2) of, or sendfile(2) to, an epoll instance, which epoll_wait(2) uses that writes to a mapped page of FILE (ep_send_events())."""
    file = os.open(path, os.O_RDONLY)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    address = libc.mmap(None, 4096, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE, file, 0)
    poll = select.epoll()
    reads, writes = os.pipe()
    os.write(writes, b"x")
    poll.register(reads, select.EPOLLIN)
    waiter = threading.Thread(target=libc.epoll_wait, args=(poll.fileno(), ctypes.c_void_p(address), 1, -1), daemon=True)
    waiter.start()
    while open(f"/proc/self/task/{waiter.native_id}/syscall").read().split()[0] not in ("232", "281", "22"):
        time.sleep(0.01)  # until it is in epoll_wait(2) or epoll_pwait(2)
    print("calling", flush=True)
    if call == "sendfile":
        libc.sendfile(poll.fileno(), os.open("/etc/passwd", os.O_RDONLY), None, 1)
    else:
        fcntl.flock(poll.fileno(), fcntl.LOCK_SH)
    print("locked", flush=True)
    signal.pause()


def missing_page(device):
    """Where it is, and what answers its fault (userfaultfd(2), of /dev/userfaultfd)."""
    libc.mmap.restype = ctypes.c_void_p
    address = libc.mmap(None, 4096, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    handler = fcntl.ioctl(os.open(device, os.O_RDWR), 0xAA00, os.O_CLOEXEC)  # USERFAULTFD_IOC_NEW
    fcntl.ioctl(handler, 0xC018AA3F, struct.pack("QQQ", 0xAA, 0, 0))  # UFFDIO_API
    fcntl.ioctl(handler, 0xC020AA00, struct.pack("QQQQ", address, 4096, 1, 0))  # UFFDIO_REGISTER, missing pages
    return address, handler


def fault(device):
    """DEVICE: open(2) with a path argument in a page whose fault we handle, and do not."""
    address, _handler = missing_page(device)
    print("calling", flush=True)
    libc.open(ctypes.c_void_p(address), os.O_RDONLY)


def freed(device, secret):
    """DEVICE FILE: the same until the further calls of this process go on unasked; then it lets the thread go, and says how often the
    one who had held it could open FILE after that."""
    address, handler = missing_page(device)
    opened = []

    def opens():
        try:
            os.close(os.open(secret, os.O_RDONLY))
        except PermissionError:
            return False
        return True

    def hold():
        libc.open(ctypes.c_void_p(address), os.O_RDONLY)
        opened.append(sum(opens() for _ in range(300)))

    holder = threading.Thread(target=hold)
    holder.start()
    while not opens():
        time.sleep(0.01)
    fcntl.ioctl(handler, 0xC020AA04, struct.pack("QQQQ", address, 4096, 0, 0))  # UFFDIO_ZEROPAGE
    holder.join()
    print(*opened)


def lookup(path):
    """FILE: getxattr(2) of a file on a filesystem that does not answer."""
    print("calling", flush=True)
    try:
        os.getxattr(path, "security.selinux")
    except OSError as error:
        print(error, flush=True)


def entry(directory, mounted):
    """DIRECTORY MOUNTED: as root, has it over the descriptors that procfs shows of this process, and opens one of them, twice. MOUNTED: what its server says."""
    for _ in range(400):
        os.close(os.open("/proc/self/fdinfo/0", os.O_RDONLY))
    if libc.mount(directory.encode(), b"/proc/%d/fdinfo" % os.getpid(), None, 4096, None) != 0:
        sys.exit("no mount")
    os.access("/", os.R_OK)  # the mount is looked at

    def opens():
        try:
            os.open("/proc/self/fdinfo/0", os.O_RDONLY)
        except OSError as error:
            print(error, flush=True)

    threading.Thread(target=opens, daemon=True).start()
    while "asked" not in open(mounted).read():
        time.sleep(0.01)
    print("calling", flush=True)
    opens()


def root(directory):
    """DIRECTORY: looks for files with a root directory that does not answer any more."""
    own = os.open("/mnt/own", os.O_RDONLY)
    os.chroot(directory)
    os.chdir("/")
    os.close(os.open("hush", os.O_CREAT | os.O_WRONLY, dir_fd=own))
    lookup("/f")


def image(directory, path):
    """DIRECTORY FILE: asks the daemon with a root directory that does not answer any more and, where a program image has what tells it
    from others (AT_RANDOM), a page of FILE, which never comes."""
    file = os.open(path, os.O_RDONLY)
    nothing, _never = os.pipe()
    first = os.open(f"/proc/self/task/{os.getpid()}/syscall", os.O_RDONLY)
    own = os.open("/mnt/own", os.O_RDONLY)
    os.chroot(directory)
    os.chdir("/")
    os.close(os.open("hush", os.O_CREAT | os.O_WRONLY, dir_fd=own))
    here = ctypes.PyDLL(None)
    here.getauxval.restype = ctypes.c_ulong
    here.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]

    def ask():
        # The first thread, whose stack this is, must not run any more.
        while hex(nothing).encode() not in os.pread(first, 200, 0).split():
            time.sleep(0.01)
        here.mmap(here.getauxval(25) & ~4095, 4096, mmap.PROT_READ, mmap.MAP_PRIVATE | 0x10, file, 0)
        os.write(1, b"calling\n")
        libc.syscall(459, 100, ctypes.byref(ctypes.create_string_buffer(4096)), ctypes.byref(ctypes.c_uint32(4096)), 0)
        threading.Event().wait()

    threading.Thread(target=ask).start()
    os.read(nothing, 1)


def hold(path, then):
    """FILE open|execve|exit: a thread holds the lock of our memory, as it maps FILE of which a changed page is not written; then another
    thread makes that call."""
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    changed = os.open(path, os.O_RDWR)
    direct = os.open(path, os.O_RDWR)
    ctypes.memset(libc.mmap(None, 4096, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, changed, 0), 1, 1)
    process, argv = os.getpid(), (ctypes.c_char_p * 2)(b"/bin/true")
    begun, begin = os.pipe()
    if os.fork() == 0:  # has a memory of its own
        while not any(waits(f"/proc/{process}/task/{thread}") for thread in os.listdir(f"/proc/{process}/task")):
            time.sleep(0.01)
        os.write(1, b"calling\n")
        os.write(begin, b"x")
        os._exit(0)
    threading.Thread(target=lambda: libc.mmap(None, 4096, mmap.PROT_READ, mmap.MAP_PRIVATE, direct, 0), daemon=True).start()
    os.read(begun, 1)
    while then == "open":
        libc.open(b"/etc/hostname", os.O_RDONLY)
    if then == "execve":
        libc.execve(b"/bin/true", argv, None)
    os.kill(process, signal.SIGKILL)


def waits(thread):
    with open(f"{thread}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] == "D"


def probe(seconds):
    """SECONDS: how long others wait for open(2) and getxattr(2): prints rounds, median and longest, in ms."""
    end, times = time.monotonic() + float(seconds), []
    while time.monotonic() < end:
        start = time.monotonic()
        os.close(os.open("/etc/hostname", os.O_RDONLY))
        try:
            os.getxattr("/etc/hostname", "security.selinux")
        except OSError:
            pass
        times.append((time.monotonic() - start) * 1e3)
        time.sleep(0.001)
    times.sort()
    print(f"{len(times)} rounds, median {times[len(times) // 2]:.2f} ms, longest {times[-1]:.1f} ms", flush=True)


def attr(name, value):
    with open(f"/proc/self/attr/{name}", "w") as file:
        file.write(value)


def failing_create(path, label):
    """O_CREAT that fails when it has been announced: the process has no descriptor left."""
    attr("fscreate", label)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        print(error.strerror, flush=True)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def somebody_calls():
    """A supervised call of another thread, which makes the supervisor look for new files."""
    subprocess.run(["/bin/true"])


def label_by_rename(path, foreign, label):
    """PATH FOREIGN LABEL: a file of somebody else in a directory of ours comes to the name that was announced."""
    failing_create(path, label)
    os.rename(foreign, path)
    somebody_calls()
    os.rename(path, foreign)


def announce(call):
    """Makes a call that fails, on a thread that makes no other."""
    done = threading.Event()

    def run():
        try:
            call()
        except OSError as error:
            print(error.strerror, flush=True)
        done.set()
        threading.Event().wait()

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    threading.Thread(target=run, daemon=True).start()
    done.wait()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def label_by_mount(path, foreign, label):
    """PATH FOREIGN LABEL: a file on which another is mounted comes to the name; a process that does not see the mount renames it."""
    there = path + ".there"
    open(there, "w").close()
    wanted, want = os.pipe()
    if os.fork() == 0:
        os.read(wanted, 1)
        os.rename(there, path)
        os._exit(0)
    uid, gid = os.getuid(), os.getgid()
    os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNS)
    for name, text in ("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1"):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    attr("fscreate", label)
    announce(lambda: os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    if libc.mount(foreign.encode(), there.encode(), None, 4096, None) != 0:
        print("mount:", os.strerror(ctypes.get_errno()), flush=True)
    os.write(want, b"x")
    os.wait()
    somebody_calls()


def label_of_unnamed(directory, foreign, label):
    """DIRECTORY FOREIGN LABEL: O_TMPFILE fails, and a file of somebody else is opened that is called as if it had no name."""
    attr("fscreate", label)
    announce(lambda: os.open(directory, os.O_TMPFILE | os.O_RDWR, 0o600))
    os.open(foreign, os.O_RDONLY)
    somebody_calls()


def label_left_waiting(path, label):
    """PATH LABEL: announces a file in a directory that we may not search, and ends when told to."""
    attr("fscreate", label)
    try:
        os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        print(error.strerror, flush=True)
    sys.stdin.read()


def oracle(path):
    """PATH: what a descriptor of / helps to see."""
    root = os.open("/", os.O_PATH | os.O_DIRECTORY)
    for name in path, f"/proc/self/fd/{root}{path}", f"/dev/fd/{root}{path}", f"/proc/self/root{path}":
        try:
            print(os.getxattr(name, "security.selinux"), flush=True)
        except OSError as error:
            print(error.strerror, flush=True)
    for program in f"/proc/self/fd/{root}{path}", path:
        try:
            os.execv(program, ["x"])
        except OSError as error:
            print(error.strerror, flush=True)


def lease(path):
    """PATH: executes a program of ours on which we hold a lease."""
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    shutil.copy("/bin/true", path)
    os.chmod(path, 0o755)
    file = os.open(path, os.O_RDONLY)
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    print("calling", flush=True)
    if os.fork() == 0:
        os.execv(path, [path])
    os.wait()
    print("executed", flush=True)


def give(directory, path):
    """DIRECTORY PATH: passes a descriptor of DIRECTORY to whoever connects to the socket PATH, then takes its mount apart."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    print("waiting", flush=True)
    peer, _ = server.accept()
    socket.send_fds(peer, [b"x"], [fd])
    peer.recv(1)


def message(path):
    """FILE: receives FILE by a message from itself; its server does not answer when a copy of it is closed."""
    one, other = socket.socketpair()
    fd = os.open(path, os.O_RDONLY)
    socket.send_fds(one, [b"x"], [fd])
    print("calling", flush=True)
    socket.recv_fds(other, 1, 1)
    signal.pause()


def take(path):
    """PATH: looks for files below a directory that comes from there."""
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(path)
    _, (fd,), _, _ = socket.recv_fds(peer, 1, 1)
    os.fchdir(fd)
    print("calling", flush=True)
    for call in (
        lambda: os.open("a/attr/current", os.O_RDONLY),
        lambda: os.getxattr("a/b", "security.selinux"),
        lambda: os.open("a/b/c", os.O_CREAT | os.O_WRONLY),
        lambda: os.execv("a/b", ["x"]),
    ):
        if os.fork() == 0:
            call()
    os.wait()
    print("answered", flush=True)


def handed(path):
    """PATH: is root, and looks for files below a directory that comes from there."""
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(path)
    _, (fd,), _, _ = socket.recv_fds(peer, 1, 1)
    print("calling", flush=True)
    for call in (
        lambda: os.open("a/attr/current", os.O_RDONLY, dir_fd=fd),
        lambda: os.getxattr(f"/proc/self/fd/{fd}", "security.selinux"),
    ):
        try:
            call()
        except OSError:
            pass  # it is not root's
    signal.pause()


def handed_handles(path):
    """PATH: is root, and opens a file by its handle on the filesystem of a directory that comes from there."""
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(path)
    _, (fd,), _, _ = socket.recv_fds(peer, 1, 1)
    print("calling", flush=True)
    handle = struct.pack("<IiIII", 12, 0x81, 0, 99, 0)  # FILEID_INO64_GEN: number of the node, generation
    if libc.syscall(304, fd, handle, os.O_RDONLY) < 0:
        print(os.strerror(ctypes.get_errno()), flush=True)
    signal.pause()


globals()[sys.argv[1]](*sys.argv[2:])
