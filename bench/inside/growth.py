"""What one operation takes among more and more of something, measured inside a world: lines `what<TAB>size<TAB>microseconds`."""
import ctypes, os, resource, sys, time

libc = ctypes.CDLL(None, use_errno=True)
FS = b"/sys/fs/selinux"
CLONE_NEWNS, MS_PRIVATE_REC = 0x20000, 0x44000
QUERY = b"system_u:system_r:init_t:s0 system_u:object_r:etc_t:s0 6"


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def median(function, times=300):
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


def access():
    fd = os.open(FS + b"/access", os.O_RDWR)
    os.write(fd, QUERY)
    os.read(fd, 4096)
    os.close(fd)


def child(function):
    """A process that does it and stays. Waits until it is done."""
    here, there = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(here)
        function()
        os.write(there, b"x")
        os.close(there)
        time.sleep(1000)
        os._exit(0)
    os.close(there)
    if os.read(here, 1) != b"x":
        raise SystemExit("a child failed")
    os.close(here)
    return pid


def tasks(sizes):
    def more(pids):
        pids.append(child(lambda: None))

    grow("tasks", sizes, more, lambda: read("/proc/self/attr/current"), end)


def handles(sizes):
    grow("open handles", sizes, lambda fds: fds.append(os.open(FS + b"/enforce", os.O_RDONLY)), lambda: read(FS + b"/enforce"), os.close)


def files(sizes):
    place = "/dev/shm/lsmfs-growth-%d" % os.getpid()
    os.mkdir(place)

    def more(names):
        names.append("%s/%d" % (place, len(names)))
        os.close(os.open(names[-1], os.O_CREAT | os.O_WRONLY))

    def one():
        os.close(os.open(place + "/one", os.O_CREAT | os.O_WRONLY))
        os.unlink(place + "/one")

    grow("files in a directory", sizes, more, one, os.unlink)
    os.rmdir(place)


def namespaces(sizes):
    with open(FS + b"/policy", "rb") as loaded:
        image = loaded.read()

    def enter():
        write(FS + b"/unshare", b"1")
        checked(libc.unshare(CLONE_NEWNS))
        checked(libc.mount(None, b"/", None, MS_PRIVATE_REC, None))
        checked(libc.umount2(FS, 0))
        checked(libc.mount(b"none", FS, b"selinuxfs", 0, None))
        write(FS + b"/load", image)

    grow("namespaces with a policy", sizes, lambda pids: pids.append(child(enter)), access, end)


def end(pid):
    os.kill(pid, 9)
    os.waitpid(pid, 0)


def grow(what, sizes, more, operation, undo):
    made = []
    operation()
    for size in sizes:
        while len(made) < size:
            more(made)
        print("%s\t%d\t%f" % (what, size, median(operation)), flush=True)
    for one in made:
        undo(one)


def main(sizes):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.system("load_policy")
    tasks(sizes)
    handles(sizes)
    files(sizes)
    namespaces(sizes)


main([int(size) for size in sys.argv[1:]])
