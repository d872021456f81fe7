"""Calls on System V and POSIX IPC, keys and other objects without a name in the file tree, for `calls` steps."""
import ctypes
import struct

from kept import Kept, done, identity, number, system_call
from outcome import show
from syscalls import checked, libc

libc.shmat.restype = ctypes.c_void_p
FAILED = ctypes.c_void_p(-1).value
ROOM = 512
IPC_RMID, IPC_NOWAIT, SETVAL = 0, 0o4000, 16
KEYCTL = {"get": 0, "join": 1, "update": 2, "revoke": 3, "chown": 4, "setperm": 5, "describe": 6, "clear": 7, "link": 8,
          "unlink": 9, "search": 10, "read": 11, "timeout": 15, "security": 17, "invalidate": 21, "restrict": 29, "move": 30}
QUEUES = (b"/orc1", b"/orcN", b"/orckern")


def attach(segment, flags=0):
    address = libc.shmat(segment, None, number(flags))
    if address == FAILED:
        raise OSError(ctypes.get_errno(), "shmat")
    libc.shmdt(ctypes.c_void_p(address))


def send_message(queue, kind=1):
    message = struct.pack("=q", kind) + b"data\0\0\0\0"
    checked(libc.msgsnd(queue, message, ctypes.c_size_t(4), IPC_NOWAIT), "msgsnd")


def receive_message(queue):
    room = ctypes.create_string_buffer(64)
    return checked(libc.msgrcv(queue, room, ctypes.c_size_t(32), ctypes.c_long(0), IPC_NOWAIT), "msgrcv")


def semaphore_control(semaphore, command, value=0):
    argument = ctypes.c_long(value) if number(command) == SETVAL else ctypes.create_string_buffer(ROOM)
    checked(libc.semctl(semaphore, 0, number(command), argument), "semctl")


def remove_objects(key):
    """The System V objects of a key, whichever there are."""
    for get, control, more in ((libc.shmget, libc.shmctl, (0, 0)), (libc.msgget, libc.msgctl, (0,))):
        found = get(key, *more)
        if found >= 0:
            control(found, IPC_RMID, None)
    found = libc.semget(key, 0, 0)
    if found >= 0:
        libc.semctl(found, 0, IPC_RMID)


def receive_posix(queue):
    room = ctypes.create_string_buffer(8192)
    length = checked(libc.mq_receive(queue, room, ctypes.c_size_t(len(room)), None), "mq_receive")
    return show(room.raw[:length])


def remove_queues():
    for name in QUEUES:
        libc.mq_unlink(name)


def add_key(description, ring=-3, data="secret", kind="user"):
    content, length = (data.encode(), len(data)) if kind == "user" else (0, 0)
    return identity(system_call("add_key", kind.encode(), description.encode(), content, length, ring))


def key_control(command, *arguments):
    values = [value.encode() if isinstance(value, str) else value for value in arguments]
    room = ctypes.create_string_buffer(256)
    if command in ("describe", "read", "security"):
        values += [room, len(room)]
    result = system_call("keyctl", KEYCTL[command], *values, *[0] * (4 - len(values)))
    return show(room.raw[:result]) if command in ("read", "security") else identity(result)


def io_uring(flags=0):
    parameters = bytearray(120)
    struct.pack_into("=II", parameters, 8, flags, 0)
    return Kept(system_call("io_uring_setup", 4, (ctypes.c_char * len(parameters)).from_buffer(parameters)))


def bpf_map():
    attributes = struct.pack("=IIIII", 2, 4, 4, 1, 0) + b"\0" * 52
    return Kept(system_call("bpf", 0, attributes, len(attributes)))


SYSTEM_V = {
    "shmget": lambda key, flags=0, size=4096: identity(checked(
        libc.shmget(key, ctypes.c_size_t(size), number(flags)), "shmget")),
    "shmat": attach,
    "shmctl": lambda segment, command: done(checked(
        libc.shmctl(segment, number(command), ctypes.create_string_buffer(ROOM)), "shmctl")),
    "msgget": lambda key, flags=0: identity(checked(libc.msgget(key, number(flags)), "msgget")),
    "msgsnd": send_message,
    "msgrcv": receive_message,
    "msgctl": lambda queue, command: done(checked(
        libc.msgctl(queue, number(command), ctypes.create_string_buffer(ROOM)), "msgctl")),
    "semget": lambda key, flags=0: identity(checked(libc.semget(key, 1, number(flags)), "semget")),
    "semop": lambda semaphore, change=1: done(checked(
        libc.semop(semaphore, struct.pack("=Hhh", 0, change, IPC_NOWAIT), ctypes.c_size_t(1)), "semop")),
    "semctl": semaphore_control,
    "ipcclean": remove_objects,
}

POSIX = {
    "mq_open": lambda name, flags="O_RDWR", mode="644": Kept(checked(
        libc.mq_open(name.encode(), number(flags), int(mode, 8), None), "mq_open")),
    "mq_send": lambda queue, data="x": done(checked(
        libc.mq_send(queue, data.encode(), ctypes.c_size_t(len(data)), 0), "mq_send")),
    "mq_recv": receive_posix,
    "mq_getattr": lambda queue: done(checked(libc.mq_getattr(queue, ctypes.create_string_buffer(64)), "mq_getattr")),
    "mq_notify": lambda queue: done(checked(libc.mq_notify(queue, None), "mq_notify")),
    "mq_unlink": lambda name: done(checked(libc.mq_unlink(name.encode()), "mq_unlink")),
    "mqclean": remove_queues,
}

OTHERS = {
    "add_key": add_key,
    "request_key": lambda description, ring=0: identity(system_call("request_key", b"user", description.encode(), 0, ring)),
    "keyctl": key_control,
    "userfaultfd": lambda flags=0x80800: Kept(system_call("userfaultfd", flags)),
    "io_uring": io_uring,
    "bpf_map": bpf_map,
}

CALLS = {**SYSTEM_V, **POSIX, **OTHERS}
