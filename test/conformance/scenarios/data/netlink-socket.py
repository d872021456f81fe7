"""A netlink socket of audit as its user sees it: names, kind, options, senders. Ports that are process numbers are SELF."""
import ctypes
import errno
import os
import socket
import struct

libc = ctypes.CDLL(None, use_errno=True)
SOL_NETLINK, AUDIT = 270, 9


def made(kind=socket.SOCK_RAW, flags=0):
    return socket.socket(socket.AF_NETLINK, kind | flags, AUDIT)


def said(result):
    return "ok" if result == 0 else errno.errorcode[ctypes.get_errno()]


def port(number):
    return "SELF" if number == os.getpid() else number if number in (0, 77) else "OTHER"


def named(call, sock, room=12):
    """Result, length, and what of the address was written."""
    place, length = ctypes.create_string_buffer(b"\xee" * 20, 20), ctypes.c_int(room)
    result = said(call(sock.fileno(), place, ctypes.byref(length)))
    written = place.raw.rstrip(b"\xee")
    if len(written) < 12:
        return result, length.value, written[:4].hex()
    family, pad, number, groups = struct.unpack_from("<HHII", written)
    return result, length.value, family, pad, port(number), groups, len(written)


def got(sock, level, option, room=4):
    place, length = ctypes.create_string_buffer(b"\xee" * 40, 40), ctypes.c_int(room)
    result = said(libc.getsockopt(sock.fileno(), level, option, place, ctypes.byref(length)))
    return result, length.value, place.raw.rstrip(b"\xee").hex()


def put(sock, option, value):
    return said(libc.setsockopt(sock.fileno(), SOL_NETLINK, option, value, len(value)))


def address(number=0, groups=0, family=16):
    return struct.pack("<HHII", family, 0, number, groups)


def at(call, sock, place, size=None):
    return said(call(sock.fileno(), place, len(place) if size is None else size))


def ask(sock, kind, body=b"", flags=5):
    sock.sendto(struct.pack("<IHHII", 16 + len(body), kind, flags, 3, 0) + body, (0, 0))


def heard(sock, room=12, flags=0):
    """recvfrom(2) with room for an address: type, length of what came, length of the address, its parts."""
    data, place, length = ctypes.create_string_buffer(9000), ctypes.create_string_buffer(b"\xee" * 20, 20), ctypes.c_int(room)
    count = libc.recvfrom(sock.fileno(), data, 9000, flags, place, ctypes.byref(length))
    if count < 0:
        return errno.errorcode[ctypes.get_errno()], length.value, place.raw.rstrip(b"\xee").hex()
    kind, = struct.unpack_from("<H", data.raw, 4)
    return kind, count if kind == 2 else "some", length.value, place.raw.rstrip(b"\xee").hex()


def show(what, *answers):
    print(what, *answers)


first, second = made(), made(socket.SOCK_DGRAM)
for option in (3, 38, 39):
    show("kind", option, got(first, 1, option), got(second, 1, option, 8), got(first, 1, option, 2), got(first, 1, option, -1))
show("unbound", named(libc.getsockname, first), named(libc.getpeername, first))
for room in (-1, 0, 1, 3, 12, 20):
    show("room", room, named(libc.getsockname, first, room))
show("fault", said(libc.getsockname(first.fileno(), None, None)), said(libc.getsockopt(first.fileno(), SOL_NETLINK, 3, None, None)))
for option in range(14):
    show("get", option, *[got(first, SOL_NETLINK, option, room) for room in (-1, 0, 3, 4, 8)])
for option in (0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13):
    show("set", option, *[put(second, option, value) for value in (b"\1\0\0\0", b"\1", b"", b"\0\0\0\0", b"\2\0\0\0\0")],
         got(second, SOL_NETLINK, option))
show("set fault", said(libc.setsockopt(first.fileno(), SOL_NETLINK, 3, None, 4)), said(libc.setsockopt(first.fileno(), SOL_NETLINK, 3, b"", -1)))
for option in (1, 2):
    for value in (0, 1, 2, 32, 33, 0xffffffff):
        show("member", option, value, put(first, option, struct.pack("<I", value)), got(first, SOL_NETLINK, 9, 8), named(libc.getsockname, first)[4:6])
show("bind wrong", at(libc.bind, first, address(family=1)), at(libc.bind, first, address(), 2), named(libc.getsockname, first)[4])
show("bind", at(libc.bind, first, address()), named(libc.getsockname, first))
show("bind again", at(libc.bind, first, address()), at(libc.bind, first, address(os.getpid())), at(libc.bind, first, address(77)))
show("bind groups", at(libc.bind, first, address(os.getpid(), 3)), named(libc.getsockname, first), got(first, SOL_NETLINK, 9, 8))
show("bind none", at(libc.bind, first, address(os.getpid(), 0)), named(libc.getsockname, first), got(first, SOL_NETLINK, 9, 8))
third = made()
show("bind taken", at(libc.bind, third, address(os.getpid())), named(libc.getsockname, third)[4])
show("bind own", at(libc.bind, third, address(77)), named(libc.getsockname, third))
fourth = made()
show("auto", at(libc.bind, fourth, address()), named(libc.getsockname, fourth)[4:])
fifth = made()
ask(fifth, 1000)
show("by sending", named(libc.getsockname, fifth)[4])
sixth = made()
show("connect wrong", at(libc.connect, sixth, address(family=1)), at(libc.connect, sixth, address(), 2), named(libc.getpeername, sixth))
show("connect", at(libc.connect, sixth, address()), named(libc.getsockname, sixth)[4], named(libc.getpeername, sixth))
show("connect group", at(libc.connect, sixth, address(77, 6)), named(libc.getpeername, sixth))
show("unconnect", at(libc.connect, sixth, address(family=0)), named(libc.getpeername, sixth))
show("sender", heard(fifth), heard(fifth))
ask(fifth, 1000)
show("room for sender", heard(fifth, 0), heard(fifth, 5))
ask(fifth, 1000)
show("much room", heard(fifth, 20), heard(fifth))
quiet = made(flags=socket.SOCK_NONBLOCK)
show("nothing", heard(quiet), heard(fifth, flags=socket.MSG_DONTWAIT))
ask(fifth, 1200)
show("refusal", heard(fifth))
put(fifth, 10, b"\1\0\0\0")
ask(fifth, 1200, b"12345678")
show("capped", heard(fifth))
ask(fifth, 1200, b"12345678", 1)
show("capped without ack", heard(fifth))
