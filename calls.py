
import ctypes, errno, os, platform, resource, struct
libc, x86 = ctypes.CDLL(None, use_errno=True), platform.machine() == "x86_64"
page = ctypes.create_string_buffer(8192)
resource.setrlimit(resource.RLIMIT_MEMLOCK, (4096, 4096))
# The first word is no magic number of reboot(2). ADJ_SETOFFSET with microseconds below zero; ADJ_OFFSET_SS_READ.
offset, adjtime = ctypes.create_string_buffer(struct.pack("=I76xq", 0x100, -1), 256), ctypes.create_string_buffer(struct.pack("=I", 0xA001), 256)
zone = struct.pack("=ii", 99999, 0)
for name, number, *arguments in [
    ("mlock beyond the limit", (149, 228)[not x86], page, 4096 * 2), ("mlockall", (151, 230)[not x86], 1),
    ("reboot", (169, 142)[not x86], 1, 2, 3, None), ("swapon", (167, 224)[not x86], b"none", 0), ("swapoff", (168, 225)[not x86], b"none"),
    ("acct", (163, 89)[not x86], b"none"), ("settimeofday", (164, 170)[not x86], None, zone),
    ("adjtimex", (159, 171)[not x86], offset), ("clock_adjtime", (305, 266)[not x86], 0, offset), ("adjtime", (159, 171)[not x86], adjtime),
    ("init_module", (175, 105)[not x86], None, 0, b""), ("delete_module", (176, 106)[not x86], b"none", 0),
]:
    result = libc.syscall(number, *arguments)
    print(name, "done" if result >= 0 else errno.errorcode[ctypes.get_errno()], flush=True)
resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
print("mlock", "done" if libc.mlock(page, 1) == 0 else errno.errorcode[ctypes.get_errno()])

