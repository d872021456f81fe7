"""Calls on sockets for `calls` steps."""
import ctypes
import select
import socket
import struct

from calls_files import payload
from calls_tasks import Vector
from kept import Kept, done, number
from outcome import show
from syscalls import checked, libc

SO_PEERSEC, SCM_RIGHTS = 31, 1
MSG_NOSIGNAL, MSG_CTRUNC, MSG_DONTWAIT = 0x4000, 8, 0x40
WAIT_SECONDS = 1
CONTROL_HEADER = struct.Struct("=QII")


class Message(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("name_length", ctypes.c_uint32), ("parts", ctypes.POINTER(Vector)),
                ("part_count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t),
                ("flags", ctypes.c_int)]


def address(spec):
    """[host, port], a path, "abs:NAME", {"nl": [pid, groups]} or {"raw": hex} as struct sockaddr."""
    if isinstance(spec, list):
        host, port = spec
        if ":" in host:
            return struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", port, 0) + socket.inet_pton(
                socket.AF_INET6, host) + b"\0" * 4
        return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(host) + b"\0" * 8
    if isinstance(spec, dict):
        return struct.pack("=HHII", socket.AF_NETLINK, 0, *spec["nl"]) if "nl" in spec else bytes.fromhex(spec["raw"])
    if spec.startswith("abs:"):
        return struct.pack("=H", socket.AF_UNIX) + b"\0" + spec[4:].encode()
    return struct.pack("=H", socket.AF_UNIX) + spec.encode() + b"\0"


def set_option(fd, level="SOL_SOCKET", name="SO_REUSEADDR", value=1):
    """@param value a number, or what the option is set to byte by byte."""
    content = struct.pack("=i", value) if isinstance(value, int) else payload(value)
    return done(checked(libc.setsockopt(fd, number(level), number(name), content, len(content)), "setsockopt"))


def with_address(call, name):
    def run(fd, spec):
        value = address(spec)
        checked(call(fd, value, len(value)), name)
    return run


def filled(call, name, *middle):
    """A call that fills a buffer and its length: the bytes."""
    room, length = ctypes.create_string_buffer(256), ctypes.c_uint32(256)
    checked(call(*middle, room, ctypes.byref(length)), name)
    return room.raw[:length.value]


def wait_for(fd):
    if not select.select([fd], [], [], WAIT_SECONDS)[0]:
        raise OSError(62, "nothing to read")  # ETIME


def pair(kind="SOCK_STREAM", family="AF_UNIX"):
    ends = (ctypes.c_int * 2)()
    checked(libc.socketpair(number(family), number(kind), 0, ends), "socketpair")
    return Kept(*ends)


def accept(fd):
    wait_for(fd)
    return Kept(checked(libc.accept(fd, None, None), "accept"))


def send(fd, data="x"):
    content = payload(data)
    return checked(libc.send(fd, content, len(content), MSG_NOSIGNAL), "send")


def send_to(fd, spec, data="x"):
    content, to = payload(data), address(spec)
    return checked(libc.sendto(fd, content, len(content), MSG_NOSIGNAL, to, len(to)), "sendto")


def message(length, control):
    """A struct msghdr over buffers of its own."""
    room = ctypes.create_string_buffer(length)
    part = Vector(ctypes.cast(room, ctypes.c_void_p), length)
    return room, Message(None, 0, ctypes.pointer(part), 1, ctypes.cast(control, ctypes.c_void_p), len(control), 0)


def send_descriptors(fd, *sent):
    raw = CONTROL_HEADER.pack(CONTROL_HEADER.size + 4 * len(sent), socket.SOL_SOCKET, SCM_RIGHTS)
    raw += struct.pack("=%di" % len(sent), *sent)
    control = ctypes.create_string_buffer(raw + b"\0" * (-len(raw) % 8))
    room, header = message(1, control)
    header.control_length = len(control) - 1
    room.value = b"f"
    return checked(libc.sendmsg(fd, ctypes.byref(header), 0), "sendmsg")


def received(fd, length=4096, flags=0):
    """Bytes, descriptors, and whether descriptors were left out."""
    if flags & MSG_DONTWAIT == 0:
        wait_for(fd)
    control = ctypes.create_string_buffer(256)
    room, header = message(length, control)
    count = checked(libc.recvmsg(fd, ctypes.byref(header), flags), "recvmsg")
    raw = control.raw[:header.control_length]
    descriptors = []
    if len(raw) > CONTROL_HEADER.size:
        size, level, kind = CONTROL_HEADER.unpack_from(raw)
        if (level, kind) == (socket.SOL_SOCKET, SCM_RIGHTS):
            descriptors = struct.unpack_from("=%di" % ((size - CONTROL_HEADER.size) // 4), raw, CONTROL_HEADER.size)
    return room.raw[:count], descriptors, bool(header.flags & MSG_CTRUNC)


def receive_descriptor(fd, flags=0):
    _data, descriptors, cut = received(fd, flags=flags)
    return Kept(descriptors[0]) if descriptors else "no descriptor " + ("ctrunc" if cut else "")


def netlink_send(fd, kind, flags=1):
    content = struct.pack("=IHHII", 32, kind, flags, 1, 0) + b"\0" * 16
    to = address({"nl": [0, 0]})
    return checked(libc.sendto(fd, content, len(content), 0, to, len(to)), "sendto")


CALLS = {
    "socket": lambda family="AF_UNIX", kind="SOCK_STREAM", protocol=0: Kept(checked(
        libc.socket(number(family), number(kind), number(protocol)), "socket")),
    "socketpair": pair,
    "bind": with_address(libc.bind, "bind"),
    "connect": with_address(libc.connect, "connect"),
    "listen": lambda fd, backlog=5: done(checked(libc.listen(fd, backlog), "listen")),
    "accept": accept,
    "accept_now": lambda fd: Kept(checked(libc.accept(fd, None, None), "accept")),
    "send": send,
    "sendto": send_to,
    "recv": lambda fd, length=100: show(received(fd, length)[0]),
    "recv_now": lambda fd, length=100: show(received(fd, length, MSG_DONTWAIT)[0]),
    "sendfd": send_descriptors,
    "recvfd": receive_descriptor,
    "recvfd_now": lambda fd: receive_descriptor(fd, MSG_DONTWAIT),
    "setopt": set_option,
    "getopt": lambda fd, level="SOL_SOCKET", name="SO_TYPE": done(filled(
        libc.getsockopt, "getsockopt", fd, number(level), number(name))),
    "peersec": lambda fd: show(filled(libc.getsockopt, "getsockopt", fd, socket.SOL_SOCKET, SO_PEERSEC)),
    "getsockname": lambda fd: done(filled(libc.getsockname, "getsockname", fd)),
    "getpeername": lambda fd: done(filled(libc.getpeername, "getpeername", fd)),
    "shutdown": lambda fd, how=2: done(checked(libc.shutdown(fd, how), "shutdown")),
    "nlsend": netlink_send,
}
