"""System calls that Python does not offer, through ctypes. Each raises OSError as the os module does."""
import ctypes
import struct

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]

SYS_GETDENTS64 = 217
PR_SET_KEEPCAPS, PR_SET_NO_NEW_PRIVS = 8, 38
MAP_FAILED = ctypes.c_void_p(-1).value
MMAP_PROTECTION = {"r": 1, "w": 2, "x": 4}
MMAP_SHARING = {"shared": 1, "private": 2}
NAMESPACES = {"mnt": 0x20000, "uts": 0x4000000, "user": 0x10000000, "pid": 0x20000000, "net": 0x40000000}

# The bit number of a capability is its place in this list (linux/capability.h).
CAPABILITIES = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE "
    "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN "
    "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE "
    "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
).split()
CAPABILITY_VERSION_3 = 0x20080522


def checked(result, call):
    if result < 0:
        raise OSError(ctypes.get_errno(), call)
    return result


def encoded(text):
    return None if text is None else text.encode("latin-1")


def map_file(fd, length, protection, sharing, offset=0):
    bits = sum(MMAP_PROTECTION[letter] for letter in protection)
    address = libc.mmap(None, length, bits, MMAP_SHARING[sharing], fd, offset)
    if address is None or address == MAP_FAILED:
        raise OSError(ctypes.get_errno(), "mmap")
    return address


def unmap(address, length):
    libc.munmap(ctypes.c_void_p(address), ctypes.c_size_t(length))


def protect(address, length, bits):
    checked(libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(length), bits), "mprotect")


def memory(address, length):
    return ctypes.string_at(address, length)


def xattr_length(path, name, size):
    """getxattr(2) with a buffer of exactly `size` bytes: its return value."""
    room = ctypes.create_string_buffer(max(1, size))
    return checked(libc.getxattr(encoded(path), encoded(name), room, ctypes.c_size_t(size)), "getxattr")


def read_directory(fd):
    """getdents64(2) until the end: the names, without . and .. ; Python's own listing hides an error."""
    room = ctypes.create_string_buffer(1 << 16)
    names = []
    while True:
        length = checked(libc.syscall(SYS_GETDENTS64, fd, room, ctypes.c_uint(len(room))), "getdents64")
        if length == 0:
            return [name for name in names if name not in (".", "..")]
        at = 0
        while at < length:
            (record,) = struct.unpack_from("<H", room.raw, at + 16)
            names.append(room.raw[at + 19:at + record].split(b"\0", 1)[0].decode("latin-1"))
            at += record


def statfs(path):
    room = ctypes.create_string_buffer(256)
    checked(libc.statfs(encoded(path), room), "statfs")
    kind, block_size, blocks, _free, _available, _files, _files_free, _id0, _id1, name_length = struct.unpack_from(
        "<qqQQQQQiiq", room.raw)
    return {"type": "%x" % (kind & 0xffffffff), "bsize": block_size, "blocks": blocks, "namelen": name_length}


def mount(source, target, kind, flags=0, options=None):
    checked(libc.mount(encoded(source), encoded(target), encoded(kind or None), ctypes.c_ulong(flags), encoded(options)),
            "mount")


def umount(target, flags=0):
    checked(libc.umount2(encoded(target), flags), "umount")


def unshare(names):
    checked(libc.unshare(sum(NAMESPACES[name] for name in names)), "unshare")


def set_process_flag(option):
    checked(libc.prctl(option, 1, 0, 0, 0), "prctl")


def capability_mask(names):
    return sum(1 << CAPABILITIES.index(name.replace("CAP_", "", 1)) for name in names)


def limit_capabilities(keep=None, drop=()):
    """Permitted becomes (permitted & keep) - drop. With `keep` everything permitted is effective too."""
    header = struct.pack("<Ii", CAPABILITY_VERSION_3, 0)
    room = ctypes.create_string_buffer(24)
    checked(libc.capget(header, room), "capget")
    effective0, permitted0, _, effective1, permitted1, _ = struct.unpack("<6I", room.raw)
    effective, permitted = effective0 | effective1 << 32, permitted0 | permitted1 << 32
    if keep is not None:
        permitted &= capability_mask(keep)
        effective = permitted
    away = capability_mask(drop)
    effective, permitted = effective & ~away, permitted & ~away
    low = 0xffffffff
    data = struct.pack("<6I", effective & low, permitted & low, 0, effective >> 32, permitted >> 32, 0)
    checked(libc.capset(header, data), "capset")
