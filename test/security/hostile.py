"""
What a hostile user does: filesystems that never answer, and system calls that use them. Run as uid 1000.

usage: hostile.py COMMAND ...   (see the functions below)
"""
import array, ctypes, mmap, os, socket, struct, sys, time

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
OPENDIR, ACCESS = 27, 34
NAMES = {"LOOKUP": LOOKUP, "GETATTR": GETATTR, "OPEN": OPEN, "READ": READ, "STATFS": STATFS, "LISTXATTR": LISTXATTR}


def attributes(node):
    mode = 0o40755 if node == 1 else 0o100755
    return struct.pack("<6Q10I", node, 4096, 8, 0, 0, 0, 0, 0, 0, mode, 1, os.getuid(), os.getgid(), 0, 4096, 0)


def serve(device, silent):
    """A directory in which every name is a file of one page. Requests in `silent` are never answered."""
    while True:
        try:
            request = os.read(device, 1 << 20)
        except OSError:
            os._exit(0)
        _, opcode, unique, node = struct.unpack_from("<IIQQ", request)
        if opcode in silent:
            continue
        error, body = 0, b""
        if opcode == INIT:
            body = struct.pack("<IIIIHHIIHHI", 7, 31, 0, 0, 12, 9, 1 << 17, 1, 32, 0, 0) + bytes(28)
        elif opcode == GETATTR:
            body = struct.pack("<QII", 0, 0, 0) + attributes(node)
        elif opcode == LOOKUP:
            body = struct.pack("<QQQQII", 2, 0, 0, 0, 0, 0) + attributes(2)
        elif opcode in (OPEN, OPENDIR):
            body = struct.pack("<QII", 0, 0, 0)
        elif opcode == READ:
            body = b"#!/bin/true\n"
        elif opcode in (2, 42):
            continue
        elif opcode not in (FLUSH, RELEASE, 29):
            error = -38
        os.write(device, struct.pack("<IiQ", 16 + len(body), error, unique) + body)


def filesystem(directory, options, *silent):
    """DIRECTORY OPTIONS [REQUEST]...: mounts and serves until it is killed; says `mounted` first."""
    device = mount(directory, options)
    print("mounted", flush=True)
    serve(device, {NAMES[name] for name in silent})


def page(path):
    """FILE: open(2) with a path argument that lies in a mapped page of FILE."""
    file = os.open(path, os.O_RDONLY)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    address = libc.mmap(None, 4096, mmap.PROT_READ, mmap.MAP_PRIVATE, file, 0)
    print("calling", flush=True)
    libc.open(ctypes.c_void_p(address), os.O_RDONLY)


def lookup(path):
    """FILE: getxattr(2) of a file on a filesystem that does not answer."""
    print("calling", flush=True)
    try:
        os.getxattr(path, "security.selinux")
    except OSError as error:
        print(error, flush=True)


def probe(seconds):
    """SECONDS: how long others wait: prints the longest open(2) and getxattr(2), in ms."""
    end, longest, rounds = time.monotonic() + float(seconds), 0.0, 0
    while time.monotonic() < end:
        start = time.monotonic()
        os.close(os.open("/etc/hostname", os.O_RDONLY))
        try:
            os.getxattr("/etc/hostname", "security.selinux")
        except OSError:
            pass
        longest = max(longest, time.monotonic() - start)
        rounds += 1
        time.sleep(0.001)
    print(f"{rounds} rounds, longest {longest * 1e3:.1f} ms", flush=True)


globals()[sys.argv[1]](*sys.argv[2:])
