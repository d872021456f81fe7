"""Supervised system calls with arguments of all kinds, bad pointers too, interrupted by signals. argv: seconds, seed. Prints how many were made."""
import ctypes, mmap, os, random, signal, sys, time

libc = ctypes.CDLL(None, use_errno=True)
syscall = libc.syscall
syscall.restype = ctypes.c_long
random.seed(int(sys.argv[2]))
x86 = os.uname().machine == "x86_64"

buffer = ctypes.create_string_buffer(8192)
page = mmap.mmap(-1, 8192)
edge = ctypes.addressof(ctypes.c_char.from_buffer(page)) + 8192
libc.mprotect(ctypes.c_void_p(edge - 4096), 4096, 0)
PATHS = [
    b"/proc/self/attr/current", b"/proc/thread-self/attr/exec", b"/proc/1/attr/prev", b"/proc/self/attr", b"attr", b".", b"",
    b"/sys/fs/selinux", b"/sys/fs/selinux/enforce", b"/etc/passwd", b"/proc/self/mounts", b"/proc/self/fd/0", b"/dev/null",
    b"/proc/self/attr/selinux/current", b"/proc/999999/attr/current", b"a" * 300, b"/" * 4095, b"/proc/self/../self/attr/current",
]
texts = [ctypes.create_string_buffer(path) for path in PATHS]
NAMES = [ctypes.create_string_buffer(name) for name in (b"security.selinux", b"security.apparmor", b"user.x", b"", b"x" * 300)]


def pointer():
    return random.choice([0, 1, 8, edge - 4096, edge - 4097, edge - 1, (1 << 47) - 1, (1 << 64) - 1, ctypes.addressof(buffer)])


def path():
    return pointer() if random.random() < 0.3 else ctypes.addressof(random.choice(texts))


def name():
    return pointer() if random.random() < 0.3 else ctypes.addressof(random.choice(NAMES))


def number():
    return random.choice([0, 1, 2, 4, 16, 20, 255, 4096, -1, -100, 1 << 31, (1 << 63) - 1, random.getrandbits(12)])


dirfd = lambda: random.choice([-100, -100, 0, 99, -1])
# Reading only, whatever the arguments: flags of opens have neither O_CREAT nor O_TRUNC.
CALLS = [
    (257 if x86 else 56, [dirfd, path, lambda: random.choice([0, 1, 2, 0o2000000, 0o200000, 0o400000, 0o10000000])]),
    (262 if x86 else 79, [dirfd, path, pointer, lambda: random.choice([0, 0x100, 0x1000])]),
    (332 if x86 else 291, [dirfd, path, number, number, pointer]),
    (269 if x86 else 48, [dirfd, path, number]),
    (267 if x86 else 78, [dirfd, path, pointer, number]),
    (137 if x86 else 43, [path, pointer]),
    (138 if x86 else 44, [number, pointer]),
    (191 if x86 else 8, [path, name, pointer, lambda: random.choice([0, 1, 20, 4096])]),
    (194 if x86 else 11, [path, pointer, lambda: random.choice([0, 1, 20, 4096])]),
    (459, [number, pointer, pointer, number]),
    (460, [number, pointer, number, number]),
    (461, [pointer, pointer, number]),
    (55 if x86 else 209, [number, lambda: 1, lambda: 31, pointer, pointer]),
    (157 if x86 else 167, [lambda: 0x59616D61, number, number, number, number]),
    (103 if x86 else 116, [lambda: random.choice([2, 3, 9, 10, 99]), pointer, lambda: random.choice([0, 20, 4096])]),
    (59 if x86 else 221, [pointer, pointer, pointer]),
    (437, [dirfd, path, pointer, number]),
    (1 if x86 else 64, [number, pointer, lambda: 0]),
]
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
made, end = 0, time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    number_of, kinds = random.choice(CALLS)
    arguments = [kind() for kind in kinds]
    if number_of == CALLS[0][0] or number_of == 437:
        result = syscall(number_of, *map(ctypes.c_long, arguments))
        if result > 2: os.close(result)
    else:
        syscall(number_of, *map(ctypes.c_long, arguments))
    made += 1
signal.setitimer(signal.ITIMER_REAL, 0)
print(made)
