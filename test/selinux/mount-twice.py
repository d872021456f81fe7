"""mount(2) with one and the same string in memory that cannot be written: what came of it, and what the string is after another call."""
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
PROT_READ, PROT_WRITE, MAP_PRIVATE_ANONYMOUS = 1, 2, 0x22
data = libc.mmap(None, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0)
options = b"context=msys_u:object_r:mdata_t:s0,size=1m"


def mount(place=b"m"):
    return libc.mount(b"t", place, b"tmpfs", 0, ctypes.c_void_p(data))


ctypes.memmove(data, options + b"\0", len(options) + 1)
libc.mprotect(ctypes.c_void_p(data), 4096, PROT_READ)
for _ in range(2):
    result = mount()
    with open("/proc/thread-self/attr/current"):  # another call that the supervisor sees
        print(result, ctypes.string_at(data).decode())
libc.mprotect(ctypes.c_void_p(data), 4096, PROT_READ | PROT_WRITE)
result = mount(b"nowhere")
ctypes.memmove(data, b"another\0", 8)
with open("/proc/thread-self/attr/current"):
    print(result, ctypes.string_at(data).decode())
