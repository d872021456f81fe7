"""System calls of a world that files alone cannot answer. One JSON object per line: {"step": ..., ...}."""
import ctypes, json, os, socket, struct, sys, threading

libc = ctypes.CDLL(None, use_errno=True)


def say(step, value):
    print(json.dumps({"step": step, "value": value}), flush=True)


def call(*args):
    ctypes.set_errno(0)
    result = libc.syscall(*args)
    return result if result >= 0 else os.strerror(ctypes.get_errno())


def attempt(function, *args, **named):
    try:
        return function(*args, **named)
    except OSError as error:
        return error.strerror


def read(path, flags=os.O_RDONLY, **named):
    fd = os.open(path, flags, **named)
    data = os.read(fd, 4096)
    os.close(fd)
    return data.decode()


def write(path, data, flags=os.O_RDWR):
    fd = os.open(path, flags)
    try:
        return os.write(fd, data)
    finally:
        os.close(fd)


def opens():
    for path in ["/proc/self/attr/current", "/proc//thread-self/./attr/current", "/proc/self/attr/../attr/current",
                 f"/proc/{os.getpid()}/task/{os.getpid()}/attr/current", f"/proc/{os.getpid()}/attr/current"]:
        say("open " + path.replace(str(os.getpid()), "PID"), read(path))
    say("missing", attempt(read, "/proc/self/attr/nosuch"))
    say("create", attempt(write, "/proc/self/attr/new", b"x", os.O_CREAT | os.O_RDWR))
    say("list", os.listdir("/proc/self/attr")[:6])
    for name, flags in [("O_RDONLY", os.O_RDONLY), ("O_PATH", os.O_PATH | os.O_DIRECTORY)]:
        directory = os.open("/proc/self/attr", flags)
        say(f"below {name} attr", read("current", dir_fd=directory))
    say("below /proc/self", read("attr/current", dir_fd=os.open("/proc/self", os.O_PATH)))
    say("below /proc", read("self/attr/current", dir_fd=os.open("/proc", os.O_PATH)))
    os.chdir("/proc/self/attr")
    say("cwd attr", read("current"))
    os.chdir("/")
    context = call(430, b"proc", 1)
    call(431, context, 6, None, None, 0)
    detached = call(432, context, 1, 0)
    say("detached procfs", read("self/attr/current", dir_fd=detached))
    for name, place in [("procfs", os.open("/proc", os.O_PATH)), ("detached procfs", detached)]:
        named = os.open("self/attr/current", os.O_PATH, dir_fd=place)
        own = os.open("thread-self", os.O_PATH | os.O_DIRECTORY, dir_fd=place)
        say("opened again below " + name, read(f"fd/{named}", dir_fd=own))
        links = os.open("fd", os.O_PATH | os.O_DIRECTORY, dir_fd=own)
        say("opened again in fd of " + name, read(str(named), dir_fd=links))
    how = struct.pack("QQQ", os.O_RDONLY, 0, 0x0B)
    say("openat2 beneath", os.read(call(437, detached, b"self/attr/current", how, 24), 100).decode())
    how = struct.pack("QQQ", os.O_RDONLY, 0, 0x04)
    say("openat2 no symlinks", call(437, detached, b"self/attr/current", how, 24))
    buffer = ctypes.create_string_buffer(120)
    libc.fstatfs(os.open("/proc/self/attr/current", os.O_RDONLY), buffer)
    say("fstatfs attr", hex(struct.unpack("Q", buffer.raw[:8])[0]))
    libc.statfs(b"/sys/fs/selinux", buffer)
    say("statfs selinuxfs", [hex(value) for value in struct.unpack("QQ", buffer.raw[:16])])
    libc.statfs(b"/proc/self", buffer)
    say("statfs proc", hex(struct.unpack("Q", buffer.raw[:8])[0]))


def threads():
    def body():
        tid = threading.get_native_id()
        say("thread, process file", attempt(write, "/proc/self/attr/exec", b"\n"))
        say("thread, own files", [write(f"/proc/{place}/attr/exec", b"\n") for place in
                                  ["thread-self", f"self/task/{tid}", f"{tid}"]])
    thread = threading.Thread(target=body)
    thread.start()
    thread.join()


def zero():
    say("set exec", write("/proc/self/attr/exec", b"system_u:system_r:init_t:s0"))
    say("get exec", read("/proc/self/attr/exec"))
    say("clear exec", write("/proc/self/attr/exec", b""))
    say("get cleared exec", read("/proc/self/attr/exec"))
    say("clear current", attempt(write, "/proc/self/attr/current", b""))
    say("zero of init", attempt(write, "/proc/1/attr/exec", b""))
    say("zero to read-only", attempt(write, "/proc/self/attr/exec", b"", os.O_RDONLY))
    say("zero to /dev/null", attempt(write, "/dev/null", b""))
    for node in ["load", "access", "enforce"]:
        say("zero to " + node, attempt(write, "/sys/fs/selinux/" + node, b"", os.O_WRONLY))


def peers():
    left, _right = socket.socketpair()
    say("peersec", left.getsockopt(1, 31, 255).decode())
    say("peersec short", attempt(left.getsockopt, 1, 31, 3))
    say("peersec datagram", attempt(socket.socketpair(type=socket.SOCK_DGRAM)[0].getsockopt, 1, 31, 255))
    size = ctypes.c_int(255)
    failed = libc.getsockopt(left.fileno(), 1, 31, None, ctypes.byref(size)) < 0
    say("peersec nowhere", [failed and os.strerror(ctypes.get_errno()), size.value])
    say("other option", left.getsockopt(1, 3))


def lsm():
    ids, size = (ctypes.c_uint64 * 16)(), ctypes.c_uint32(128)
    count = call(461, ids, ctypes.byref(size), 0)
    say("list modules", [count, list(ids)[:count], size.value])
    size.value = 8
    say("list modules, small", [call(461, ids, ctypes.byref(size), 0), size.value])
    say("list modules, flags", call(461, ids, ctypes.byref(size), 1))
    say("list modules, null size", call(461, ids, None, 0))
    buffer, size = ctypes.create_string_buffer(256), ctypes.c_uint32(256)
    count = call(459, 100, buffer, ctypes.byref(size), 0)
    say("get current", [count, size.value, *struct.unpack("QQQQ", buffer.raw[:32]), buffer.raw[32:62].decode()])
    say("get, bad buffer", call(459, 100, ctypes.c_void_p(8), ctypes.byref(ctypes.c_uint32(256)), 0))
    say("get, null size", call(459, 100, buffer, None, 0))
    text = b"system_u:system_r:init_t:s0\0"
    context = struct.pack("QQQQ", 101, 0, 32 + len(text), len(text)) + text
    say("set exec", [call(460, 101, context, len(context), 0), read("/proc/self/attr/exec")])
    say("set, short", call(460, 101, context, 31, 0))


def mounts():
    where = sys.argv[2].encode()
    mount = lambda kind, flags=0, data=None, at=where: (  # noqa: E731
        0 if libc.mount(b"none", at, kind, flags, data) == 0 else os.strerror(ctypes.get_errno()))
    say("mount", mount(b"selinuxfs", 1 | 8))
    say("mount flags", [line.split()[3].split(",")[:2] for line in open("/proc/mounts") if sys.argv[2] in line])
    say("same instance", os.stat(where).st_dev == os.stat("/sys/fs/selinux").st_dev)
    say("mount again", mount(b"selinuxfs"))
    say("umount", libc.umount2(where, 0))
    say("securityfs", [mount(b"securityfs"), b"lsm" in os.listdir(where), libc.umount2(where, 0)])
    say("bad option", mount(b"selinuxfs", 0, b"bogus"))
    say("no such place", mount(b"selinuxfs", 0, None, where + b"/x"))
    say("on a file", mount(b"selinuxfs", 0, None, b"/etc/passwd"))
    say("unknown type", mount(b"nosuchfs"))
    say("labelled tmpfs", [mount(b"tmpfs", 0, b"size=1m,context=\"system_u:object_r:tmp_t:s0:c1,c2\""), libc.umount2(where, 0)])


{"opens": opens, "threads": threads, "zero": zero, "peers": peers, "lsm": lsm, "mounts": mounts}[sys.argv[1]]()
