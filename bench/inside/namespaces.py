"""What SELinux namespaces cost, measured inside a world: one line `name<TAB>value` each. Times in microseconds, memory in KiB."""
import ctypes, json, os, sys, time

libc = ctypes.CDLL(None, use_errno=True)
FS = b"/sys/fs/selinux"
CLONE_NEWNS, MS_PRIVATE_REC = 0x20000, 0x44000
QUERY = b"system_u:system_r:kernel_t:s0 system_u:system_r:kernel_t:s0 2"


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def write(name, data):
    fd = os.open(FS + b"/" + name, os.O_WRONLY)
    os.write(fd, data)
    os.close(fd)


def enter():
    """A namespace of one's own with its selinuxfs, as the talk's sequence makes it."""
    write(b"unshare", b"1")
    checked(libc.unshare(CLONE_NEWNS))
    checked(libc.mount(None, b"/", None, MS_PRIVATE_REC, None))
    checked(libc.umount2(FS, 0))
    checked(libc.mount(b"none", FS, b"selinuxfs", 0, None))


def in_child(function, wait=True):
    """Runs it in a forked process, which stays if `wait` is false. @returns what it gave, and the process."""
    here, there = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(here)
        os.write(there, json.dumps(function()).encode())
        os.close(there)
        if not wait:
            time.sleep(1000)
        os._exit(0)
    os.close(there)
    data = b""
    while part := os.read(here, 65536):
        data += part
    os.close(here)
    if wait:
        os.waitpid(pid, 0)
    return json.loads(data), pid


def median(function, times):
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        taken.append((time.perf_counter() - start) * 1e6)
    return sorted(taken)[times // 2]


def read_enforce():
    fd = os.open(FS + b"/enforce", os.O_RDONLY)
    os.read(fd, 8)
    os.close(fd)


def open_other():
    os.close(os.open("/etc/passwd", os.O_RDONLY))


def access():
    fd = os.open(FS + b"/access", os.O_RDWR)
    os.write(fd, QUERY)
    os.read(fd, 4096)
    os.close(fd)


def memory():
    with open(f"/run/lsmfs/{os.environ['LSMFS_WORLD']}/world.json") as file:
        pid = json.load(file)["owner"]["pid"]
    with open(f"/proc/{pid}/status") as file:
        return int(next(line for line in file if line.startswith("VmRSS")).split()[1])


def say(name, value):
    print(f"{name}\t{value}", flush=True)


def latencies(label):
    def inside():
        enter()
        os.system("load_policy")
        return [median(read_enforce, 2000), median(open_other, 2000), median(access, 1000)]

    values, _ = in_child(inside)
    for what, value in zip(["read", "open", "access"], values):
        say(f"{what} {label}", value)


def main(count):
    os.system("load_policy")
    say("access initial", median(access, 1000))
    say("round trip", median(lambda: in_child(enter), 50))
    latencies("1")
    for what, prepare in ("bare", enter), ("policy", lambda: (enter(), os.system("load_policy"))):
        number = count if what == "bare" else count // 10
        before = memory()
        pids = [in_child(prepare, wait=False)[1] for _ in range(number)]
        say(f"memory {what}", (memory() - before) / number)
        if what == "bare":
            latencies("many")
            say("round trip many", median(lambda: in_child(enter), 50))
        for pid in pids:
            os.kill(pid, 9)
            os.waitpid(pid, 0)


main(int(sys.argv[1]))
