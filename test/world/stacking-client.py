"""Two labelling modules as a program sees them. One JSON object per line: {"step": ..., "value": ...}."""
import ctypes, json, os, socket, struct, sys, threading

ATTR = "/proc/thread-self/attr/"
SO_PEERSEC, SO_PEERCONTEXT = 31, 68
libc = ctypes.CDLL(None, use_errno=True)


def say(step, value):
    print(json.dumps({"step": step, "value": value}), flush=True)


def attempt(function, *args):
    try:
        return function(*args)
    except OSError as error:
        return os.strerror(error.errno)


def read(name, base=ATTR):
    with open(base + name, "rb") as file:
        return file.read().decode("latin1")


def write_fd(fd, data, at=None):
    return attempt(os.write, fd, data) if at is None else attempt(os.pwrite, fd, data, at)


def write(name, text, base=ATTR):
    fd = os.open(base + name, os.O_WRONLY)
    try:
        return write_fd(fd, text.encode())
    finally:
        os.close(fd)


def in_child(act):
    """What `act` returns in a child process."""
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(send, json.dumps(act()).encode())
        os._exit(0)
    os.close(send)
    os.waitpid(pid, 0)
    with os.fdopen(receive) as file:
        return json.load(file)


def peer(sock, option=SO_PEERSEC, room=255):
    value = attempt(sock.getsockopt, socket.SOL_SOCKET, option, room)
    return value.decode("latin1") if isinstance(value, bytes) else value


def choice():
    a, _b = socket.socketpair()
    both = lambda: [read("current"), peer(a)]
    say("unset", [read("display"), *both()])
    say("chosen", [write("display", "apparmor"), read("interface_lsm"), *both()])
    say("child inherits", in_child(lambda: [read("display_lsm"), *both()]))
    say("child changes", in_child(lambda: [write("display", "selinux\n"), *both()]))
    say("parent keeps", [read("display"), *both()])
    result = []
    def thread():
        result.extend([read("display"), write("display", "selinux"), read("display"), read("current")])
    one = threading.Thread(target=thread)
    one.start()
    one.join()
    say("thread changes", result)
    say("leader keeps", read("display"))
    say("exec", json.loads(os.popen(f"exec {sys.executable} {__file__} show").read()))
    say("unknown", [write("display", name) for name in ["nothing", "yama", "capability", " selinux", "Selinux"]])
    say("unknown keeps", read("display"))
    say("context", read("context"))
    say("peer context", peer(a, SO_PEERCONTEXT))
    say("small", peer(a, SO_PEERSEC, 3))


def show():
    print(json.dumps([read("display"), read("current")]))


def rules():
    fd = os.open("/proc/self/attr/display", os.O_RDWR)
    say("inherited descriptor", in_child(lambda: write_fd(fd, b"apparmor")))
    result = []
    one = threading.Thread(target=lambda: result.append(write("display", "apparmor", "/proc/self/attr/")))
    one.start()
    one.join()
    say("thread through the process", result[0])
    pid = os.fork()
    if pid == 0:
        threading.Event().wait()
    say("of another: read", attempt(read, "display", f"/proc/{pid}/attr/"))
    say("of another: write", write("display", "apparmor", f"/proc/{pid}/attr/"))
    held = os.open(f"/proc/{pid}/attr/display", os.O_RDWR)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    say("of a dead one", attempt(os.read, held, 100))
    say("offset 1", write_fd(fd, b"apparmor", 1))
    say("empty", write_fd(fd, b""))
    say("long", write_fd(fd, b"apparmor " + b"x" * 5000))
    say("then", read("display"))
    say("bits", [oct(os.stat(os.open(ATTR + name, os.O_RDONLY)).st_mode) for name in ["display", "context"]])


def serve(address):
    server = socket.socket(socket.AF_UNIX)
    server.bind(address)
    server.listen()
    return server


def peers(folder, before, after):
    """`before`: a profile to be in when connecting; `after`: one to go to."""
    server = serve(folder + "/socket")
    write("display", "apparmor")

    def connected(act, accept_first):
        """A client connects and acts; what the server is told then."""
        ready_r, ready_w = os.pipe()
        go_r, go_w = os.pipe()
        pid = os.fork()
        if pid == 0:
            write("apparmor/current", f"changeprofile {before}")
            client = socket.socket(socket.AF_UNIX)
            client.connect(folder + "/socket")
            os.write(ready_w, b"c")
            os.read(go_r, 1)
            act(client, ready_w)
            threading.Event().wait()
        os.read(ready_r, 1)
        sock = server.accept()[0] if accept_first else None
        os.write(go_w, b"g")
        os.read(ready_r, 1)
        sock = sock or server.accept()[0]
        try:
            return [peer(sock), read("apparmor/current", f"/proc/{pid}/attr/")]
        finally:
            os.kill(pid, 9)
            os.waitpid(pid, 0)

    def stay(_client, done):
        os.write(done, b"d")

    def change(_client, done):
        write("apparmor/current", f"changeprofile {after}")
        os.write(done, b"d")

    def execute(keep):
        def act(client, done):
            write("apparmor/exec", f"exec {after}")
            client.set_inheritable(keep)
            os.set_inheritable(done, True)
            program = "import os, sys, time; os.write(int(sys.argv[1]), b'd'); time.sleep(30)"
            os.execl(sys.executable, sys.executable, "-c", program, str(done))
        return act

    say("unchanged", connected(stay, True))
    say("changed", connected(change, True))
    say("changed before accept", connected(change, False))
    say("executed", connected(execute(True), True))
    say("executed, socket closed", connected(execute(False), True))
    client = socket.socket(socket.AF_UNIX)
    client.connect(folder + "/socket")
    say("the server's own", peer(client))
    os.unlink(folder + "/socket")
    datagram = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0]
    say("datagram", [peer(datagram), peer(datagram, SO_PEERCONTEXT)])


def refused():
    """In a profile without network rules, sockets made before."""
    kinds = [(socket.AF_UNIX, 1), (socket.AF_UNIX, 2), (socket.AF_INET, 2), (socket.AF_NETLINK, 3)]
    sockets = [socket.socket(*kind) for kind in kinds]
    write("apparmor/current", "changeprofile strict")
    say("sockets", [peer(one) for one in sockets])
    # Before the length is looked at.
    failed = libc.getsockopt(sockets[0].fileno(), socket.SOL_SOCKET, SO_PEERSEC, None, None) < 0
    say("no length", failed and os.strerror(ctypes.get_errno()))


class Syscalls:
    def get(self, attr, size=4096, flags=0, header=None):
        buffer = ctypes.create_string_buffer(header or b"", max(size, 4096))
        length = ctypes.c_uint32(size)
        ctypes.set_errno(0)
        result = libc.syscall(459, attr, buffer, ctypes.byref(length), flags)
        entries, at = [], 0
        while at + 32 <= length.value and result > 0:
            number, bits, total, count = struct.unpack_from("<QQQQ", buffer.raw, at)
            entries.append([number, bits, total, buffer.raw[at + 32:at + 32 + count].decode("latin1")])
            at += total
        return [result if result >= 0 else os.strerror(ctypes.get_errno()), length.value, entries]

    def set(self, number, attr, text):
        header = struct.pack("<QQQQ", number, 0, 32 + len(text), len(text)) + text
        ctypes.set_errno(0)
        result = libc.syscall(460, attr, header, len(header), 0)
        return result if result >= 0 else os.strerror(ctypes.get_errno())


def syscalls():
    calls = Syscalls()
    for name, attr in [("current", 100), ("exec", 101), ("prev", 104), ("fscreate", 102)]:
        say(name, calls.get(attr))
    say("small", calls.get(100, 40))
    single = lambda number: calls.get(101, 4096, 1, struct.pack("<QQQQ", number, 0, 0, 0))
    say("single", [single(101), single(104), single(105)])
    say("set", [calls.set(104, 101, b"exec stacked"), calls.set(101, 101, b"system_u:system_r:init_t:s0")])
    say("exec then", calls.get(101))
    write("display", "apparmor")
    say("default does not matter", calls.get(101))
    ids, size = (ctypes.c_uint64 * 32)(), ctypes.c_uint32(256)
    count = libc.syscall(461, ids, ctypes.byref(size), 0)
    say("modules", [list(ids[:count]), size.value])


def attributes(*of_host):
    """`of_host`: names of modules that only the host runs."""
    def listed(path):
        return [name for name in os.listxattr(path) if name not in of_host]
    for name in ["apparmor", "apparmor/current", "display", "nosuch", "apparmor/nosuch"]:
        say(name, [attempt(listed, ATTR + name), str(attempt(os.getxattr, ATTR + name, "security.selinux"))])
    for name in ["apparmor/.", "apparmor/..", "apparmor/../display"]:
        say(name, attempt(listed, ATTR + name))
    say("slash", [attempt(os.open, ATTR + name, 0) for name in ["current/", "display/", "apparmor/current/."]])
    os.chdir(ATTR)
    say("from inside", listed("apparmor/current"))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
