"""Watches of inotify and marks of fanotify for `calls` steps, and the events that they have brought."""
import ctypes
import os
import struct

from kept import Kept, number, system_call

AT_FDCWD = -100
INOTIFY_NAMES = ("ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE", "OPEN")
INOTIFY_EVENT = struct.Struct("iIII")
# struct fanotify_event_metadata: length, version, length of itself, mask, descriptor, process
FANOTIFY_EVENT = struct.Struct("=IBBHQii")


def names_of(mask):
    words = [name for bit, name in enumerate(INOTIFY_NAMES) if mask & 1 << bit]
    rest = mask & ~((1 << len(INOTIFY_NAMES)) - 1)
    return "|".join(words + ([hex(rest)] if rest else []))


def packets(fd):
    """All that there is now: an event is queued before the call that makes it returns."""
    while True:
        try:
            yield os.read(fd, 4096)
        except BlockingIOError:
            return


def inotify_events(fd):
    found = []
    for data in packets(fd):
        at = 0
        while at < len(data):
            _watch, mask, _cookie, length = INOTIFY_EVENT.unpack_from(data, at)
            at += INOTIFY_EVENT.size
            name = data[at:at + length].rstrip(b"\0").decode()
            at += length
            found.append(names_of(mask) + (":" + name if name else ""))
    return found


def fanotify_events(fd):
    """By file: a kernel joins events of one process, and a world's supervisor opens files for others."""
    found = {}
    for data in packets(fd):
        at = 0
        while at < len(data):
            length, _version, _own, _reserved, mask, file, _pid = FANOTIFY_EVENT.unpack_from(data, at)
            at += length
            name = ""
            if file >= 0:
                name = ":" + os.path.basename(os.readlink("/proc/self/fd/%d" % file))
                os.close(file)
            found[name] = found.get(name, 0) | mask
    return [names_of(mask) + name for name, mask in found.items()]


def mark(fd, flags, mask, path, at=AT_FDCWD):
    name = path if path is None else path.encode()
    system_call("fanotify_mark", fd, number(flags), ctypes.c_ulong(mask), at, name)


CALLS = {
    "inotify_group": lambda: Kept(system_call("inotify_init1", os.O_NONBLOCK)),
    "watch": lambda fd, path, mask=0xfff: system_call("inotify_add_watch", fd, path.encode(), mask) and None,
    "notified": inotify_events,
    "fanotify_group": lambda flags=0: Kept(system_call("fanotify_init", number(flags) | 2, 0)),
    "mark": mark,
    "marked": fanotify_events,
}
