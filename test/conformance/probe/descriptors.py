"""Steps on one open file: read, write, txn, open, and `fd` with a list of actions."""
import base64
import fcntl
import os
import select
import struct
import termios

import syscalls
from outcome import attributes, error_name, failed, failure, normalise, show

BIG = 1 << 20
CREATE_MODE = 0o644
POLL_NAMES = (("in", select.POLLIN), ("pri", select.POLLPRI), ("out", select.POLLOUT), ("err", select.POLLERR),
              ("hup", select.POLLHUP), ("nval", select.POLLNVAL), ("rdnorm", select.POLLRDNORM))


def open_flags(text, default):
    if text is None:
        return default
    bits = 0
    for name in text.split("|"):
        bits |= getattr(os, name)
    return bits


# Actions: (session, descriptor, arguments...) -> value. They raise OSError.

def read_once(_session, fd, size=BIG):
    return show(os.read(fd, size))


def read_to_end(_session, fd, size=65536):
    return show(b"".join(iter(lambda: os.read(fd, size), b"")))


def names_of(events):
    return "|".join(name for name, bit in POLL_NAMES if events & bit) or "none"


def poll_once(_session, fd, wanted, milliseconds=0):
    mask = sum(bit for name, bit in POLL_NAMES if name in wanted.split("|"))
    poller = select.poll()
    poller.register(fd, mask)
    ready = poller.poll(milliseconds)
    return names_of(ready[0][1] if ready else 0)


def epoll_add(session, fd, wanted):
    """Watches the descriptor from now on; `et` in the list: edge-triggered."""
    names = wanted.split("|")
    mask = sum(bit for name, bit in POLL_NAMES if name in names) | (select.EPOLLET if "et" in names else 0)
    watch = select.epoll()
    session.watches[fd] = watch
    watch.register(fd, mask)
    return "ok"


def epoll_wait(session, fd, milliseconds=0):
    ready = session.watches[fd].poll(milliseconds / 1000)
    return names_of(ready[0][1]) if ready else "none"


def names_once(_session, fd):
    os.lseek(fd, 0, os.SEEK_SET)
    return sorted(syscalls.read_directory(fd))


def bytes_waiting(_session, fd):
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, struct.pack("i", 0)))[0]


def map_once(_session, fd, length, protection, sharing, offset=0, shown=0, new_protection=None):
    address = syscalls.map_file(fd, length, protection, sharing, offset)
    try:
        result = show(syscalls.memory(address, shown)) if shown else "mapped"
        if new_protection is None:
            return result
        try:
            syscalls.protect(address, length, new_protection)
        except OSError as error:
            return [result, error_name(error.errno)]
        return [result, "ok"]
    finally:
        syscalls.unmap(address, length)


def through_pipe(move, size):
    reader, writer = os.pipe()
    try:
        return show(os.read(reader, size)) if move(writer) else ""
    finally:
        os.close(reader)
        os.close(writer)


def send_once(_session, fd, size=BIG):
    return through_pipe(lambda writer: os.sendfile(writer, fd, None, size), size)


def splice_once(_session, fd, size=BIG):
    return through_pipe(lambda writer: os.splice(fd, writer, size), size)


ACTIONS = {
    "write": lambda session, fd, data: os.write(fd, session.data(data)),
    "pwrite": lambda session, fd, data, at: os.pwrite(fd, session.data(data), at),
    "writev": lambda session, fd, *parts: os.writev(fd, [session.data(part) for part in parts]),
    "read": read_once,
    "pread": lambda session, fd, size, at: show(os.pread(fd, size, at)),
    "readall": read_to_end,
    "sendfile": send_once,
    "splice": splice_once,
    "lseek": lambda session, fd, to, whence=0: os.lseek(fd, to, whence),
    "ftruncate": lambda session, fd, size: os.ftruncate(fd, size),
    "fstat": lambda session, fd, *wanted: attributes(os.fstat(fd), dict.fromkeys(wanted, True)),
    "fsync": lambda session, fd: os.fsync(fd),
    "fdatasync": lambda session, fd: os.fdatasync(fd),
    "fionread": bytes_waiting,
    "names": names_once,
    "poll": poll_once,
    "epolladd": epoll_add,
    "epollwait": epoll_wait,
    "mmap": map_once,
}


def act(session, fd, action):
    name, *arguments = action
    try:
        return ACTIONS[name](session, fd, *arguments)
    except OSError as error:
        return failure(error)


# Steps: (session, step, descriptor) -> outcome.

def write_step(session, step, fd):
    data = step.get("data", "")
    result = act(session, fd, ["pwrite", data, step["offset"]] if "offset" in step else ["write", data])
    return dict(result, at="write") if failed(result) else {"n": result}


def transaction_step(session, step, fd):
    written = act(session, fd, ["write", step.get("data", "")])
    outcome = {"w": written}
    if not failed(written) or step.get("readanyway"):
        outcome["r"] = normalise(act(session, fd, ["read", step.get("size", 8192)]), step)
    return outcome


def read_step(session, step, fd):
    size = step.get("size", BIG)
    if "offset" in step:
        result = act(session, fd, ["pread", size, step["offset"]])
    else:
        result = act(session, fd, ["read" if step.get("one") else "readall", size])
    if failed(result):
        return dict(result, at="read")
    outcome = {"data": normalise(result, step)}
    if "norm" in step and isinstance(result, dict) and "b64" in result:
        outcome["data"] = normalise(base64.b64decode(result["b64"]).decode("latin-1"), step)
    if step.get("twice"):
        outcome["again"] = act(session, fd, ["read", 65536])
    if "save" in step:
        session.saved[step["save"]] = result.rstrip("\n\0") if isinstance(result, str) else ""
    return outcome


def actions_step(session, step, fd):
    return {"r": [normalise(act(session, fd, action), step) for action in step.get("do", ())]}


OPENING_STEPS = {
    "read": (os.O_RDONLY, read_step),
    "write": (os.O_WRONLY, write_step),
    "txn": (os.O_RDWR, transaction_step),
    "open": (os.O_RDONLY, lambda session, step, fd: {"ok": True}),
    "fd": (os.O_RDONLY, actions_step),
}


def opening_step(session, step):
    """Opens, does the step's work and closes; `keep` leaves the descriptor open under a name, `use` takes such a one."""
    if "use" in step:
        fd = session.descriptors.get(step["use"])
        return {"err": "NOFD"} if fd is None else actions_step(session, step, fd)
    default, work = OPENING_STEPS[step["op"]]
    try:
        fd = os.open(session.text(step["path"]), open_flags(step.get("flags"), default), CREATE_MODE)
    except OSError as error:
        return failure(error, "open")
    if "keep" in step:
        session.descriptors[step["keep"]] = fd
    try:
        return work(session, step, fd)
    finally:
        if "keep" not in step:
            os.close(fd)


def close_step(session, step):
    fd = session.descriptors.pop(step["use"], None)
    if fd is not None:
        os.close(fd)
    return {"ok": fd is not None}


STEPS = {**dict.fromkeys(OPENING_STEPS, opening_step), "closefd": close_step}
