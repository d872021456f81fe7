"""What one operation takes among more and more of something, measured inside a world: lines `what<TAB>size<TAB>microseconds`."""
import os, resource, sys, time

from operations import FS, access, enter, median, read, read_enforce, write

QUERY = b"system_u:system_r:init_t:s0 system_u:object_r:etc_t:s0 6"


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
    grow("open handles", sizes, lambda fds: fds.append(os.open(FS + b"/enforce", os.O_RDONLY)), read_enforce, os.close)


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

    def enter_with_policy():
        enter()
        write(FS + b"/load", image)

    grow("namespaces with a policy", sizes, lambda pids: pids.append(child(enter_with_policy)), lambda: access(QUERY), end)


def end(pid):
    os.kill(pid, 9)
    os.waitpid(pid, 0)


def grow(what, sizes, more, operation, undo):
    made = []
    operation()
    for size in sizes:
        while len(made) < size:
            more(made)
        median(operation, 300)  # what made the others is compiled and collected meanwhile
        print("%s\t%d\t%f" % (what, size, median(operation, 300)), flush=True)
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
