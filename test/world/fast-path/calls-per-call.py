"""How many system calls the supervisor makes for one call of a program, as JSON by kind of call: calls-per-call.py WORLD PROGRAM...
Runs itself in a world (calls-per-call.py in DIRECTORY), traces the thread of the daemon that waits for notified calls by strace(1)."""
import ctypes, json, os, re, statistics, subprocess, sys, tempfile

WARM, COUNTED = 600, 100
libc = ctypes.CDLL(None, use_errno=True)
KNOWN = b"/etc/passwd"


class Calls:
    """What a program does; each method once is one iteration, whose number it gets."""

    def __init__(self):
        for directory in ("many", "gone", "old", "apart"):
            os.mkdir(directory)
        for number in range(200):
            self.make("many/%d" % number)
        for number in range(WARM + COUNTED):
            self.make("gone/%d" % number)
            self.make("old/%d" % number)
            os.mkdir("gone/dir%d" % number)
            os.mkdir("apart/d%d" % number)
            self.make("apart/d%d/f" % number)
        os.mkdir("permitted")
        self.sent, self.into = os.open("many/0", os.O_RDONLY), os.open("many/1", os.O_WRONLY)
        self.fd = os.open("known", os.O_RDWR | os.O_CREAT)
        os.ftruncate(self.fd, 4096)
        self.fdinfo = os.open("/proc/self/fdinfo/0", os.O_RDONLY)
        self.pipe, _ = os.pipe()
        self.buffer = ctypes.create_string_buffer(512)

    def make(self, name):
        os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL))

    def opened(self, name, flags=os.O_RDONLY):
        libc.close(libc.open(name, flags | os.O_CLOEXEC, 0o644))

    def open_known(self, n): self.opened(KNOWN)
    def open_relative(self, n): self.opened(b"known")
    def open_many(self, n): self.opened(b"many/%d" % (n % 200))
    def open_apart(self, n): self.opened(b"apart/d%d/f" % n)
    def open_missing(self, n): self.opened(b"/usr/lib/no-such-library.so")
    def open_fdinfo(self, n): self.opened(b"/proc/self/fdinfo/%d" % (n % 3))
    def create(self, n): self.opened(b"new%d" % n, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    def mkdir(self, n): libc.mkdir(b"dir%d" % n, 0o755)
    def rmdir(self, n): libc.rmdir(b"gone/dir%d" % n)
    def unlink(self, n): libc.unlink(b"gone/%d" % n)
    def rename(self, n): libc.rename(b"old/%d" % n, b"old/to%d" % n)
    def chmod(self, n): libc.chmod(b"known", 0o600 + (n & 1))
    def chmod_directory(self, n): libc.chmod(b"permitted", 0o755)
    def access(self, n): libc.access(KNOWN, os.R_OK)
    def access_slashed(self, n): libc.access(b"/usr/lib/", os.R_OK)
    def getxattr(self, n): libc.getxattr(KNOWN, b"security.selinux", self.buffer, 256)
    def getxattr_many(self, n): libc.getxattr(b"many/%d" % (n % 200), b"security.selinux", self.buffer, 256)
    def listxattr(self, n): libc.listxattr(KNOWN, self.buffer, 256)
    def listxattr_many(self, n): libc.listxattr(b"many/%d" % (n % 200), self.buffer, 256)
    def setxattr(self, n): libc.setxattr(b"many/%d" % (n % 200), b"security.selinux", b"system_u:object_r:%s:s0\0" % (b"etc_t", b"usr_t")[n // 200 & 1], 27, 0)
    def statfs(self, n): libc.statfs(b"/etc", self.buffer)
    def sendfile(self, n): libc.sendfile(self.into, self.sent, None, 1)
    def fstatfs(self, n): libc.fstatfs(self.fd, self.buffer)
    def fstatfs_fdinfo(self, n): libc.fstatfs(self.fdinfo, self.buffer)
    def fchmod(self, n): libc.fchmod(self.fd, 0o600 + (n & 1))
    def fchown(self, n): libc.fchown(self.fd, 0, 0)
    def futimens(self, n): libc.futimens(self.fd, None)
    def ioctl_pipe(self, n): libc.ioctl(self.pipe, 0x541B, self.buffer)
    def ioctl_inherited(self, n): libc.ioctl(2, 0x541B, self.buffer)
    def touch_new(self, n):
        fd = libc.open(b"touched%d" % n, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        libc.futimens(fd, None)
        libc.close(fd)

    def exec(self, n): os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)

    def mmap(self, n):
        libc.mmap.restype = ctypes.c_void_p
        libc.munmap(ctypes.c_void_p(libc.mmap(None, 4096, 1, 2, self.fd, 0)), 4096)


KINDS = [name for name, value in vars(Calls).items() if callable(value) and not name.startswith("_") and name not in ("make", "opened")]


def inside(directory):
    os.mkdir(directory)
    os.chdir(directory)
    calls = Calls()
    print("ready", flush=True)
    for line in sys.stdin:
        name, begin, end = line.split()
        call = getattr(calls, name)
        for n in range(int(begin), int(end)):
            call(n)
        print("done", flush=True)


def supervisor(world):
    """The thread of a world's daemon that waits in SECCOMP_IOCTL_NOTIF_RECV."""
    with open("/run/lsmfs/%s/world.json" % world) as file:
        daemon = json.load(file)["owner"]["pid"]
    while True:
        for thread in os.listdir("/proc/%d/task" % daemon):
            with open("/proc/%d/task/%s/syscall" % (daemon, thread)) as file:
                if file.read().split()[2:3] == ["0xc0502100"]:
                    return thread


def counted(thread, ask, kind, place):
    """Of one iteration, medians: what is compiled or collected beside it is not counted."""
    ask(kind, 0, WARM)
    trace = os.path.join(place, "trace")
    tracer = subprocess.Popen(["strace", "-p", thread, "-o", trace], stderr=subprocess.PIPE, text=True)
    attached = tracer.stderr.readline()
    if "attached" not in attached:
        raise SystemExit(attached)
    ask(kind, WARM, WARM + COUNTED)
    tracer.terminate()
    tracer.communicate()
    answers, since = [], 0
    with open(trace) as file:
        for line in file:
            if not re.match(r"\w+\(", line):
                continue
            since += 1
            if "NOTIF_SEND" in line:
                answers.append(since)
                since = 0
    notified = round(len(answers) / COUNTED)
    if notified == 0:
        return 0
    return statistics.median(sum(answers[at : at + notified]) for at in range(notified, len(answers) - notified, notified))


def outside(world, program):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as place:
        begin = 'load_policy; echo 1 > /sys/fs/selinux/enforce; exec python3 "$@"'
        argv = program + ["run", "--name=" + world, "--lsm=selinux", "--", "sh", "-c", begin, "sh", __file__, "in", place + "/inside"]
        # What was opened before the world began is on a mount of another mount namespace.
        with open(place + "/inherited", "w") as inherited, subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=inherited, text=True
        ) as client:
            def ask(kind, begin, end):
                print(kind, begin, end, file=client.stdin, flush=True)
                if client.stdout.readline() != "done\n":
                    raise SystemExit("the client has ended")

            if client.stdout.readline() != "ready\n":
                raise SystemExit("the client did not begin")
            thread = supervisor(world)
            print(json.dumps({kind: counted(thread, ask, kind, place) for kind in KINDS}))
            client.stdin.close()


if sys.argv[1] == "in":
    inside(sys.argv[2])
else:
    outside(sys.argv[1], sys.argv[2:])
